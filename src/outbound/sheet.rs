//! Records of a CSV file, one at a time, in whatever encoding and with whatever delimiter it was written. Nothing is lost: what is no record comes as a fault
//! with its line.

use csv_core::{ReadRecordResult, Reader, Terminator};
use encoding_rs::{Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};
use encoding_rs_io::{DecodeReaderBytes, DecodeReaderBytesBuilder};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek};

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    pub encoding: &'static Encoding,
    pub delimiter: u8,
}

/// A record as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where it begins, from 1.
    pub line: u64,
    pub fields: Result<Vec<String>, Unreadable>,
}

/// Why a line is no record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("longer than {LONGEST_LINE} bytes")]
    TooLong,
    #[error("a quote is opened and not closed within {MOST_LINES} lines")]
    OpenQuote,
    #[error("characters that are not {0}")]
    Characters(&'static str),
}

const LONGEST_LINE: usize = 64 * 1024;
/// Lines that a quoted field may go over.
const MOST_LINES: usize = 20;
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

impl Form {
    /// Finds how `file` is written; it is read from its beginning once, and left there.
    ///
    /// UTF-8 wherever the file is, but for a few broken characters, UTF-8; else GB18030. UTF-16 is known by its mark, or by every other byte of its beginning being zero.
    pub fn find(file: &mut File, encoding: Option<&'static Encoding>) -> std::io::Result<Form> {
        file.rewind()?;
        let encoding = match encoding {
            Some(encoding) => encoding,
            None => find_encoding(file)?,
        };
        file.rewind()?;
        let mut lines = Lines::new(decoder(&*file, encoding));
        let first = lines.next()?.and_then(Result::ok).unwrap_or_default();
        file.rewind()?;
        let mut is_quoted = false;
        let mut counts = [0usize; DELIMITERS.len()];
        for byte in first {
            is_quoted ^= byte == b'"';
            for (count, delimiter) in counts.iter_mut().zip(DELIMITERS) {
                *count += usize::from(!is_quoted && byte == delimiter);
            }
        }
        // Of equally many the first of the list.
        let best = counts.iter().zip(DELIMITERS).rev().max_by_key(|(count, _)| **count);
        Ok(Form { encoding, delimiter: best.map_or(b',', |(_, delimiter)| delimiter) })
    }
}

fn find_encoding(file: &mut File) -> std::io::Result<&'static Encoding> {
    let mut input = BufReader::with_capacity(LONGEST_LINE, file);
    let head = input.fill_buf()?;
    if let Some((encoding, _)) = Encoding::for_bom(head) {
        return Ok(encoding);
    }
    let zeros = |odd: usize| head.iter().take(1024).enumerate().filter(|(at, byte)| at % 2 == odd && **byte == 0).count();
    let pairs = head.len().min(1024) / 2;
    if pairs > 0 && zeros(1) * 2 > pairs {
        return Ok(UTF_16LE);
    }
    if pairs > 0 && zeros(0) * 2 > pairs {
        return Ok(UTF_16BE);
    }
    // Characters of more than a byte, and places that are none.
    let (mut whole, mut broken) = (0u64, 0u64);
    let mut carried: Vec<u8> = Vec::new();
    loop {
        let read = input.fill_buf()?;
        let is_end = read.is_empty();
        carried.extend_from_slice(read);
        let length = read.len();
        input.consume(length);
        let mut rest = carried.as_slice();
        loop {
            match std::str::from_utf8(rest) {
                Ok(text) => {
                    whole += multibyte(text.as_bytes());
                    rest = &[];
                }
                Err(error) => {
                    let (good, bad) = rest.split_at(error.valid_up_to());
                    whole += multibyte(good);
                    match error.error_len() {
                        Some(length) => {
                            broken += 1;
                            rest = bad.get(length..).unwrap_or_default();
                            continue;
                        }
                        None => rest = bad,
                    }
                }
            }
            break;
        }
        if is_end {
            broken += u64::from(!rest.is_empty());
            return Ok(if broken == 0 || broken * 10 < whole { UTF_8 } else { GB18030 });
        }
        carried = rest.to_vec();
    }
}

fn multibyte(text: &[u8]) -> u64 {
    text.iter().filter(|byte| **byte >= 0xC0).count() as u64
}

fn decoder<R: Read>(file: R, encoding: &'static Encoding) -> BufReader<DecodeReaderBytes<R, Vec<u8>>> {
    BufReader::with_capacity(
        LONGEST_LINE,
        DecodeReaderBytesBuilder::new().encoding(Some(encoding)).bom_override(true).strip_bom(true).build(file),
    )
}

/// Lines of bounded length; the last one gets the end that it may lack.
struct Lines<R> {
    input: R,
}

impl<R: BufRead> Lines<R> {
    fn new(input: R) -> Lines<R> {
        Lines { input }
    }

    fn next(&mut self) -> std::io::Result<Option<Result<Vec<u8>, Unreadable>>> {
        let mut line = Vec::new();
        let mut length = 0;
        loop {
            let read = self.input.fill_buf()?;
            if read.is_empty() {
                break;
            }
            let end = read.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
            let part = read.get(..end.unwrap_or(read.len())).unwrap_or_default();
            length += part.len();
            if length <= LONGEST_LINE {
                line.extend_from_slice(part);
            }
            let taken = part.len();
            self.input.consume(taken);
            if end.is_some() {
                break;
            }
        }
        Ok(match length {
            0 => None,
            length if length > LONGEST_LINE => Some(Err(Unreadable::TooLong)),
            _ => {
                if !line.ends_with(b"\n") {
                    line.push(b'\n');
                }
                Some(Ok(line))
            }
        })
    }
}

/// The records of a file.
pub struct Sheet<R> {
    lines: Lines<BufReader<DecodeReaderBytes<R, Vec<u8>>>>,
    parser: Reader,
    encoding: &'static Encoding,
    /// Lines read ahead for a quote that was never closed.
    ahead: VecDeque<Result<Vec<u8>, Unreadable>>,
    line: u64,
    output: Vec<u8>,
    ends: Vec<usize>,
}

impl<R: Read> Sheet<R> {
    pub fn new(file: R, form: Form) -> Sheet<R> {
        Sheet {
            lines: Lines::new(decoder(file, form.encoding)),
            parser: csv_core::ReaderBuilder::new().delimiter(form.delimiter).terminator(Terminator::Any(b'\n')).build(),
            encoding: form.encoding,
            ahead: VecDeque::new(),
            line: 0,
            output: vec![0; MOST_LINES * LONGEST_LINE],
            ends: vec![0; LONGEST_LINE],
        }
    }

    fn line(&mut self) -> std::io::Result<Option<Result<Vec<u8>, Unreadable>>> {
        match self.ahead.pop_front() {
            Some(line) => Ok(Some(line)),
            None => self.lines.next(),
        }
    }

    /// The next record; empty lines are none.
    ///
    /// # Errors
    /// The file cannot be read on.
    pub fn row(&mut self) -> std::io::Result<Option<Row>> {
        loop {
            let Some(first) = self.line()? else { return Ok(None) };
            self.line += 1;
            let begins = self.line;
            let first = match first {
                Ok(first) => first,
                Err(reason) => return Ok(Some(Row { line: begins, fields: Err(reason) })),
            };
            if first.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let fields = self.record(first)?;
            return Ok(Some(Row { line: begins, fields }));
        }
    }

    /// The record that begins with a line. When its quote is never closed, only that line is bad, and the next ones are looked at by themselves.
    fn record(&mut self, first: Vec<u8>) -> std::io::Result<Result<Vec<String>, Unreadable>> {
        self.parser.reset();
        let (mut written, mut fields) = (0, 0);
        let mut taken = Vec::new();
        let mut line = first;
        loop {
            let (is_whole, output, ends) = self.parse(&line, written, fields);
            (written, fields) = (output, ends);
            if is_whole {
                break;
            }
            if taken.len() + 1 == MOST_LINES {
                self.give_back(taken);
                return Ok(Err(Unreadable::OpenQuote));
            }
            line = match self.line()? {
                Some(Ok(next)) => {
                    taken.push(Ok(next.clone()));
                    next
                }
                Some(Err(reason)) => {
                    taken.push(Err(reason));
                    self.give_back(taken);
                    return Ok(Err(Unreadable::OpenQuote));
                }
                None => {
                    self.give_back(taken);
                    return Ok(Err(Unreadable::OpenQuote));
                }
            };
        }
        self.line += taken.len() as u64;
        let mut begins = 0;
        let ends = self.ends.get(..fields).unwrap_or_default();
        let texts = ends.iter().map(|end| {
            let bytes = self.output.get(std::mem::replace(&mut begins, *end)..*end).unwrap_or_default();
            String::from_utf8_lossy(bytes).trim().to_owned()
        });
        let texts: Vec<String> = texts.collect();
        let is_broken = texts.iter().any(|text| text.contains('\u{FFFD}'));
        Ok(if is_broken { Err(Unreadable::Characters(self.encoding.name())) } else { Ok(texts) })
    }

    fn give_back(&mut self, taken: Vec<Result<Vec<u8>, Unreadable>>) {
        for line in taken.into_iter().rev() {
            self.ahead.push_front(line);
        }
    }

    /// Feeds a line; whether the record is whole, and how far output and ends are written.
    fn parse(&mut self, line: &[u8], mut written: usize, mut fields: usize) -> (bool, usize, usize) {
        let output = self.output.get_mut(written..).unwrap_or_default();
        let ends = self.ends.get_mut(fields..).unwrap_or_default();
        let (result, _, wrote, ended) = self.parser.read_record(line, output, ends);
        written += wrote;
        fields += ended;
        // A line has an end; what fills the whole output has too many fields for anybody.
        (result != ReadRecordResult::InputEmpty, written, fields)
    }
}

#[cfg(test)]
mod tests;
