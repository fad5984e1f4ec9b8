//! A ggml file as whisper.cpp is given it: with so many tokens that its fast matrix products serve the vocabulary as well.
//!
//! They want matrices whose rows are a multiple of 16 and leave others to a product of single rows, which takes twice the time; a multilingual Whisper has 51,865
//! tokens, and every token of the prompt is multiplied with all of them. Tokens are added behind the languages, where whisper.cpp itself expects more of them in
//! larger models and moves what follows. Each is as likely as the last language, which no text holds, so no probability changes that matters.
//!
//! Anything that is not laid out as expected is given as it is: whisper.cpp says what is wrong with it. The layout is that of [`crate::models`]' converter.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::ops::Range;
use std::path::Path;

/// Rows of a matrix come in groups of so many.
pub const ROWS: usize = 16;

const HEADER: usize = 48;
const MAGIC: u32 = 0x6767_6d6c;
/// The token that follows all words of a multilingual model is its first special one; two later the languages begin.
const FIRST_LANGUAGE: usize = 50_259;
/// A multilingual vocabulary without its languages, of which there are at least so many (whisper.cpp counts them so).
const BESIDE_LANGUAGES: usize = 51_766;
const FEWEST_LANGUAGES: usize = 99;
const EMBEDDING: &[u8] = b"decoder.token_embedding.weight";
/// More is no name of a tensor, and no word.
const LONGEST_NAME: usize = 1 << 12;
/// Room for what is added: names and rows.
const SPARE: usize = 1 << 20;

/// Reads the file.
///
/// # Errors
/// The file cannot be read, or memory is short.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let length = usize::try_from(file.metadata()?.len()).map_err(io::Error::other)?;
    let mut weights = Weights { source: BufReader::with_capacity(1 << 20, file), bytes: Vec::new() };
    weights.bytes.try_reserve_exact(length.saturating_add(SPARE))?;
    weights.widen()?;
    weights.source.read_to_end(&mut weights.bytes)?;
    Ok(weights.bytes)
}

struct Weights<R> {
    source: R,
    /// What was read so far.
    bytes: Vec<u8>,
}

impl<R: Read> Weights<R> {
    /// Reads to the end of the vocabulary's matrix and adds to it; `None` where the file is laid out otherwise.
    fn widen(&mut self) -> io::Result<Option<()>> {
        let Some(header) = self.numbers::<{ HEADER / 4 }>()? else { return Ok(None) };
        let [MAGIC, tokens, .., form] = header.map(|number| number as u32) else { return Ok(None) };
        let tokens = tokens as usize;
        let wider = tokens.next_multiple_of(ROWS);
        let languages = tokens.checked_sub(BESIDE_LANGUAGES).filter(|languages| *languages >= FEWEST_LANGUAGES);
        let Some(languages) = languages.filter(|_| wider > tokens && form <= 1) else { return Ok(None) };
        let last_language = FIRST_LANGUAGE + languages - 1;
        let Some([bands, bins]) = self.numbers()? else { return Ok(None) };
        if self.take(product(&[bands, bins, 4]))?.is_none() {
            return Ok(None);
        }
        let counted_at = self.bytes.len();
        let Some([words]) = self.numbers()? else { return Ok(None) };
        for _ in 0..words {
            let Some([length]) = self.numbers()? else { return Ok(None) };
            if self.take(size(length).filter(|length| *length <= LONGEST_NAME))?.is_none() {
                return Ok(None);
            }
        }
        let words_end = self.bytes.len();
        let words = usize::try_from(words).unwrap_or(usize::MAX);
        let Some((dimensions_at, row)) = self.embedding(tokens, last_language)?.filter(|_| words <= tokens) else { return Ok(None) };

        let added: Vec<u8> = row.repeat(wider - tokens);
        let at = dimensions_at.rows_from + (last_language + 1) * row.len();
        self.bytes.splice(at..at, added);
        self.put(dimensions_at.count, wider);
        // Words that are not told get whisper.cpp's own names, and it knows no name for so many languages.
        let names = (words..wider).flat_map(|token| {
            let name = format!("[_{token}_]");
            (name.len() as u32).to_le_bytes().into_iter().chain(name.into_bytes()).collect::<Vec<u8>>()
        });
        let names: Vec<u8> = names.collect();
        self.bytes.splice(words_end..words_end, names);
        self.put(counted_at..counted_at + 4, wider);
        self.put(4..8, wider);
        Ok(Some(()))
    }

    /// Reads up to the vocabulary's matrix and through it; where it is, and the row of this token.
    fn embedding(&mut self, tokens: usize, token: usize) -> io::Result<Option<(Matrix, Vec<u8>)>> {
        loop {
            let Some([rank, name, kind]) = self.numbers()? else { return Ok(None) };
            let element = match kind {
                0 => 4,
                1 => 2,
                _ => return Ok(None),
            };
            let dimensions_from = self.bytes.len();
            let mut sizes = vec![element];
            for _ in 0..rank.clamp(0, 4) {
                let Some([dimension]) = self.numbers()? else { return Ok(None) };
                sizes.push(dimension);
            }
            let Some(name) = self.take(size(name).filter(|length| *length <= LONGEST_NAME))? else { return Ok(None) };
            let is_embedding = self.bytes.get(name) == Some(EMBEDDING);
            let Some(data) = self.take(product(&sizes))? else { return Ok(None) };
            if let ([element, width, rows], true) = (sizes.as_slice(), is_embedding) {
                let row = product(&[*element, *width]).filter(|_| size(*rows) == Some(tokens));
                let bytes = row.and_then(|row| self.bytes.get(data.start + token * row..data.start + (token + 1) * row));
                let matrix = Matrix { count: dimensions_from + 4..dimensions_from + 8, rows_from: data.start };
                return Ok(bytes.map(|bytes| (matrix, bytes.to_vec())));
            }
        }
    }

    /// So many bytes more; where they are, `None` when the file ends before.
    fn take(&mut self, bytes: Option<usize>) -> io::Result<Option<Range<usize>>> {
        let Some(bytes) = bytes else { return Ok(None) };
        let from = self.bytes.len();
        let taken = self.source.by_ref().take(bytes as u64).read_to_end(&mut self.bytes)?;
        Ok((taken == bytes).then_some(from..from + bytes))
    }

    fn numbers<const COUNT: usize>(&mut self) -> io::Result<Option<[i32; COUNT]>> {
        let Some(taken) = self.take(Some(4 * COUNT))? else { return Ok(None) };
        let (numbers, _) = self.bytes.get(taken).unwrap_or_default().as_chunks::<4>();
        Ok(numbers.iter().map(|number| i32::from_le_bytes(*number)).collect::<Vec<i32>>().try_into().ok())
    }

    fn put(&mut self, at: Range<usize>, number: usize) {
        let number = u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes();
        if let Some(place) = self.bytes.get_mut(at) {
            place.copy_from_slice(&number);
        }
    }
}

/// A matrix in the file.
struct Matrix {
    /// Where its number of rows is told.
    count: Range<usize>,
    rows_from: usize,
}

fn size(number: i32) -> Option<usize> {
    usize::try_from(number).ok()
}

fn product(factors: &[i32]) -> Option<usize> {
    factors.iter().try_fold(1_usize, |product, factor| product.checked_mul(size(*factor)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDTH: i32 = 2;

    /// A file with `tokens` tokens of two numbers each, which say the token's own; `words` of them have names.
    fn file(tokens: i32, words: i32, form: i32) -> Vec<u8> {
        let mut file = Vec::new();
        let mut put = |numbers: &[i32]| file.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        put(&[MAGIC as i32, tokens, 0, 0, 0, 0, 0, 0, 0, 0, 0, form]);
        put(&[1, 1, 7, words]);
        for _ in 0..words {
            put(&[4, 0x6161_6161]);
        }
        put(&[1, 4, 0, 1, 0x6262_6262, 9]);
        put(&[2, EMBEDDING.len() as i32, 0, WIDTH, tokens]);
        file.extend(EMBEDDING);
        file.extend((0..tokens).flat_map(|token| [token, token]).flat_map(i32::to_le_bytes));
        file.extend(b"the rest");
        file
    }

    fn widened(file: &[u8]) -> Vec<u8> {
        let mut weights = Weights { source: file, bytes: Vec::new() };
        weights.widen().unwrap();
        weights.source.read_to_end(&mut weights.bytes).unwrap();
        weights.bytes
    }

    #[test]
    fn tokens_are_added_behind_the_languages_and_move_what_follows() {
        let wide = widened(&file(51_865, 50_257, 0));
        let mut read = Weights { source: wide.as_slice(), bytes: Vec::new() };
        let [_, tokens, ..] = read.numbers::<12>().unwrap().unwrap();
        let [_, _, _, words] = read.numbers::<4>().unwrap().unwrap();
        assert_eq!((tokens, words), (51_872, 51_872));
        for _ in 0..words {
            let [length] = read.numbers().unwrap().unwrap();
            read.take(size(length)).unwrap().unwrap();
        }
        let first_tensor = read.numbers::<6>().unwrap().unwrap();
        assert_eq!(first_tensor, [1, 4, 0, 1, 0x6262_6262, 9]);
        assert_eq!(read.numbers::<5>().unwrap().unwrap(), [2, 30, 0, WIDTH, 51_872]);
        read.take(Some(EMBEDDING.len())).unwrap().unwrap();
        let rows: Vec<i32> = (0..51_872).map(|_| read.numbers::<2>().unwrap().unwrap()[0]).collect();
        // 99 languages; whisper.cpp finds the first task behind 106 of them.
        let expected: Vec<i32> = (0..=50_357).chain([50_357; 7]).chain(50_358..51_865).collect();
        assert!(rows == expected);
        assert_eq!(read.source, b"the rest");
    }

    #[test]
    fn what_needs_no_more_or_is_laid_out_otherwise_stays_as_it_is() {
        let whole = file(51_865, 3, 0);
        let negative = [&whole[..60], &(-1_i32).to_le_bytes(), &whole[64..]].concat();
        for file in [
            file(51_872, 3, 0),
            file(51_864, 3, 0),
            file(51_865, 3, 7),
            file(7, 3, 0),
            file(51_865, 51_866, 0),
            negative,
            b"lmgg".to_vec(),
            Vec::new(),
        ] {
            assert!(widened(&file) == file, "{} bytes", file.len());
        }
        for end in [3, 47, 50, 60, 70, 90, 110, 150, 400_000] {
            assert!(widened(&whole[..end]) == whole[..end], "cut at {end}");
        }
    }
}
