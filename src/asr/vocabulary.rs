//! The recogniser's tokens as bytes, and which of them a constraint allows next.

use crate::grammar::constraint::{Acceptor, Place};
use std::collections::{HashMap, HashSet};

/// A token of the recogniser.
pub type Token = i32;

/// All tokens that stand for text, in the order of their bytes.
#[derive(Debug)]
pub struct Vocabulary {
    tokens: Vec<(Vec<u8>, Token)>,
    figures: HashMap<Token, String>,
    /// Tokens with a mark that sets figures apart.
    marks: HashSet<Token>,
}

/// Commas, also such as only begin here, and dashes.
const MARKS: [&[u8]; 5] = [b",", b"-", "、".as_bytes(), "，".as_bytes(), &[0xE3, 0x80]];

impl Vocabulary {
    /// Tokens without bytes are left out: no text needs them.
    pub fn new(tokens: impl Iterator<Item = (Vec<u8>, Token)>) -> Vocabulary {
        let mut tokens: Vec<(Vec<u8>, Token)> = tokens.filter(|(bytes, _)| !bytes.is_empty()).collect();
        tokens.sort_unstable();
        let digits = |bytes: &[u8]| bytes.iter().filter(|byte| byte.is_ascii_digit()).map(|byte| char::from(*byte)).collect();
        let figures = tokens.iter().map(|(bytes, token)| (*token, digits(bytes)));
        let figures = figures.filter(|(_, digits): &(Token, String)| !digits.is_empty()).collect();
        let is_mark = |bytes: &[u8]| MARKS.iter().any(|mark| bytes.windows(mark.len()).any(|window| window == *mark));
        let marks = tokens.iter().filter(|(bytes, _)| is_mark(bytes)).map(|(_, token)| *token).collect();
        Vocabulary { tokens, figures, marks }
    }

    /// The figures in a token.
    pub fn figures(&self, token: Token) -> &str {
        self.figures.get(&token).map_or("", String::as_str)
    }

    pub fn is_mark(&self, token: Token) -> bool {
        self.marks.contains(&token)
    }

    /// All of them with their bytes.
    pub fn tokens(&self) -> impl Iterator<Item = (&[u8], Token)> {
        self.tokens.iter().map(|(bytes, token)| (bytes.as_slice(), *token))
    }

    /// The tokens with which a phrase can go on from `place`, and where each leads.
    pub fn allowed(&self, acceptor: &mut Acceptor, place: Place) -> Vec<(Token, Place)> {
        let mut allowed = Vec::new();
        let mut todo = vec![(0, self.tokens.len(), 0, place)];
        while let Some((from, to, depth, place)) = todo.pop() {
            let bytes: Vec<u8> = acceptor.bytes(place).collect();
            for byte in bytes {
                let within = self.tokens.get(from..to).unwrap_or_default();
                let begin = from + within.partition_point(|(bytes, _)| bytes.get(depth).is_none_or(|other| *other < byte));
                let end = from + within.partition_point(|(bytes, _)| bytes.get(depth).is_none_or(|other| *other <= byte));
                if begin == end {
                    continue;
                }
                let Some(there) = acceptor.step(place, byte) else { continue };
                let whole = self.tokens.get(begin..end).unwrap_or_default().iter().take_while(|(bytes, _)| bytes.len() == depth + 1);
                let before = allowed.len();
                allowed.extend(whole.map(|(_, token)| (*token, there)));
                todo.push((begin + allowed.len() - before, end, depth + 1, there));
            }
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grammar::Library;
    use crate::text::Lang;
    use std::path::Path;

    #[test]
    fn tokens_that_end_inside_a_character_are_allowed() {
        let library = Library::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("grammars")).unwrap();
        let mut acceptor = Acceptor::new(library.constraint(Lang::Zh, "digits_4").unwrap().unwrap());
        let three = "三".as_bytes();
        let words: Vec<Vec<u8>> = vec![
            b"1".to_vec(),
            b"13".to_vec(),
            b"13800".to_vec(),
            three.to_vec(),
            three[..2].to_vec(),
            three[2..].to_vec(),
            b"x".to_vec(),
            b"".to_vec(),
        ];
        let vocabulary = Vocabulary::new(words.into_iter().zip(0..));
        let start = acceptor.start();
        let mut tokens: Vec<Token> = vocabulary.allowed(&mut acceptor, start).into_iter().map(|(token, _)| token).collect();
        tokens.sort_unstable();
        assert_eq!(tokens, [0, 1, 3, 4]);
        let (_, inside) = vocabulary.allowed(&mut acceptor, start).into_iter().find(|(token, _)| *token == 4).unwrap();
        let last: Vec<Token> = vocabulary.allowed(&mut acceptor, inside).into_iter().map(|(token, _)| token).collect();
        assert_eq!(last, [5]);
    }
}
