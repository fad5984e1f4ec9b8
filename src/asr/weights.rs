//! A ggml file as whisper.cpp is given it: with so many tokens that its fast matrix products serve the vocabulary as well.
//!
//! They want matrices whose rows are a multiple of 16 and leave others to a product of single rows, which takes twice the time; a multilingual Whisper has 51,865
//! tokens, and every token of the prompt is multiplied with all of them. Tokens are added behind the languages, where whisper.cpp itself expects more of them in
//! larger models and moves what follows. Each is as likely as the last language, which no text holds, so no probability changes that matters.
//!
//! Anything that is not laid out as expected is given as it is: whisper.cpp says what is wrong with it. The layout is that of [`crate::models`]' converter.

use crate::models::layout::{MAGIC, Reader};
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;

/// Rows of a matrix come in groups of so many.
pub const ROWS: usize = 16;

/// The token that follows all words of a multilingual model is its first special one; two later the languages begin.
const FIRST_LANGUAGE: usize = 50_259;
/// A multilingual vocabulary without its languages, of which there are at least so many (whisper.cpp counts them so).
const BESIDE_LANGUAGES: usize = 51_766;
const FEWEST_LANGUAGES: usize = 99;
const EMBEDDING: &str = "decoder.token_embedding.weight";
/// Room for what is added: names and rows.
const SPARE: usize = 1 << 20;

/// Reads the file.
///
/// # Errors
/// The file cannot be read, or memory is short.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let length = usize::try_from(file.metadata()?.len()).map_err(io::Error::other)?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length.saturating_add(SPARE))?;
    file.read_to_end(&mut bytes)?;
    widen(&mut bytes);
    Ok(bytes)
}

/// Where tokens are added.
#[derive(Debug)]
struct Places {
    tokens: usize,
    /// Those that have a name.
    words: usize,
    /// Where their number is told, and where the last of them ends.
    words_count: Range<usize>,
    words_end: usize,
    /// Where the matrix tells its number of rows.
    rows_count: Range<usize>,
    /// The row of the last language.
    row: Range<usize>,
}

impl Places {
    /// `None` where the file is laid out otherwise, or needs nothing.
    fn in_file(bytes: &[u8]) -> Option<Places> {
        let mut reader = Reader::new(bytes);
        let head = reader.head().ok()?;
        let [magic, tokens, .., form] = head.numbers;
        let tokens = usize::try_from(tokens).ok()?;
        let languages = tokens.checked_sub(BESIDE_LANGUAGES).filter(|languages| *languages >= FEWEST_LANGUAGES)?;
        let is_known = magic as u32 == MAGIC && matches!(form, 0 | 1) && head.words <= tokens;
        if !is_known || tokens.is_multiple_of(ROWS) {
            return None;
        }
        loop {
            let matrix = reader.tensor().ok()??;
            if matrix.name != EMBEDDING {
                continue;
            }
            let [_, rows] = matrix.sizes[..] else { return None };
            let width = matrix.data.len().checked_div(rows).filter(|_| rows == tokens)?;
            let begin = matrix.data.start + (FIRST_LANGUAGE + languages - 1) * width;
            let told = matrix.sizes_at.start + 4;
            return Some(Places {
                tokens,
                words: head.words,
                words_count: head.count,
                words_end: head.words_end,
                rows_count: told..told + 4,
                row: begin..begin + width,
            });
        }
    }
}

/// Adds tokens where the vocabulary needs them.
fn widen(bytes: &mut Vec<u8>) {
    let Some(Places { tokens, words, words_count, words_end, rows_count, row }) = Places::in_file(bytes) else { return };
    let wider = tokens.next_multiple_of(ROWS);
    let added = bytes.get(row.clone()).unwrap_or_default().repeat(wider - tokens);
    bytes.splice(row.end..row.end, added);
    put(bytes, rows_count, wider);
    // Words that are not told get whisper.cpp's own names, and it knows no name for so many languages.
    let names = (words..wider).flat_map(|token| {
        let name = format!("[_{token}_]");
        (name.len() as u32).to_le_bytes().into_iter().chain(name.into_bytes()).collect::<Vec<u8>>()
    });
    let names: Vec<u8> = names.collect();
    bytes.splice(words_end..words_end, names);
    put(bytes, words_count, wider);
    put(bytes, 4..8, wider);
}

fn put(bytes: &mut [u8], at: Range<usize>, number: usize) {
    let number = u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes();
    if let Some(place) = bytes.get_mut(at) {
        place.copy_from_slice(&number);
    }
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
        file.extend(EMBEDDING.as_bytes());
        file.extend((0..tokens).flat_map(|token| [token, token]).flat_map(i32::to_le_bytes));
        file.extend(b"the rest");
        file
    }

    fn widened(file: &[u8]) -> Vec<u8> {
        let mut bytes = file.to_vec();
        widen(&mut bytes);
        bytes
    }

    #[test]
    fn tokens_are_added_behind_the_languages_and_move_what_follows() {
        let wide = widened(&file(51_865, 50_257, 0));
        let mut read = Reader::new(&wide);
        let head = read.head().unwrap();
        assert_eq!((head.numbers[1], head.words), (51_872, 51_872));
        let other = read.tensor().unwrap().unwrap();
        assert_eq!((other.name.as_str(), &wide[other.data]), ("bbbb", &9_i32.to_le_bytes()[..]));
        let matrix = read.tensor().unwrap().unwrap();
        assert_eq!((matrix.name.as_str(), matrix.sizes.as_slice()), (EMBEDDING, &[2, 51_872][..]));
        let (rest, (numbers, _)) = (&wide[matrix.data.end..], wide[matrix.data].as_chunks::<8>());
        let rows: Vec<i32> = numbers.iter().map(|row| i32::from_le_bytes([row[0], row[1], row[2], row[3]])).collect();
        // 99 languages; whisper.cpp finds the first task behind 106 of them.
        let expected: Vec<i32> = (0..=50_357).chain([50_357; 7]).chain(50_358..51_865).collect();
        assert!(rows == expected);
        assert_eq!(rest, b"the rest");
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
