//! Text into pieces that a voice can start with while the rest is still being made.

use crate::text::Lang;

/// A piece longer than this many characters (English: five times as many) is cut at a comma too.
const LONG: usize = 24;

/// Sentences and, where a sentence is long, its clauses; the punctuation stays with what it ends. Never inside a number. Joining the pieces
/// gives the text again, apart from the spaces between them.
pub fn sentences(text: &str, lang: Lang) -> Vec<String> {
    let long = match lang {
        Lang::Zh => LONG,
        Lang::En => LONG * 5,
    };
    let characters: Vec<char> = text.chars().collect();
    let mut pieces: Vec<String> = Vec::new();
    let mut piece = String::new();
    for (at, c) in characters.iter().enumerate() {
        piece.push(*c);
        let before = at.checked_sub(1).and_then(|at| characters.get(at)).copied();
        let after = characters.get(at + 1).copied();
        let closing_follows = after.is_some_and(|c| is_end(c) || matches!(c, '”' | '’' | '"' | '」' | '）' | ')'));
        let ends = match c {
            '。' | '？' | '！' | '；' | '\n' => true,
            '”' | '」' => before.is_some_and(is_end),
            '.' | '?' | '!' | ';' => after.is_none_or(char::is_whitespace) && !is_abbreviation(&piece),
            '，' | ',' => {
                let clause = piece.chars().count();
                let left = characters.iter().skip(at + 1).take_while(|c| !is_end(**c)).count();
                let numbers = before.is_some_and(is_digit) && after.is_some_and(is_digit);
                let fits = *c == '，' || after.is_some_and(char::is_whitespace);
                fits && !numbers && clause >= long / 3 && clause + left > long && left >= long / 4
            }
            _ => false,
        };
        if ends && !closing_follows {
            keep(&mut pieces, &mut piece);
        }
    }
    keep(&mut pieces, &mut piece);
    pieces
}

fn keep(pieces: &mut Vec<String>, piece: &mut String) {
    let said = piece.trim();
    if said.chars().any(char::is_alphanumeric) {
        pieces.push(said.to_owned());
    } else if let Some(last) = pieces.last_mut() {
        last.push_str(said);
    }
    piece.clear();
}

fn is_end(c: char) -> bool {
    matches!(c, '。' | '？' | '！' | '；' | '?' | '!' | ';')
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || "零一二三四五六七八九幺两十百".contains(c)
}

fn is_abbreviation(piece: &str) -> bool {
    ["Mr.", "Mrs.", "Ms.", "Dr.", "No.", "St.", "a.m.", "p.m.", "e.g.", "i.e."].iter().any(|short| piece.ends_with(short))
}
