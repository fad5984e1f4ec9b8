//! How wide text is when nobody has a font at hand, and where it breaks.

/// Widths in ems, near enough for any sans-serif: Chinese characters are square, others about half.
pub fn width(text: &str, size: f64) -> f64 {
    text.chars().map(ems).sum::<f64>() * size
}

fn ems(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | 't' | 'f' | 'r' | ' ' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | '(' | ')' | '[' | ']' => 0.36,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 0.9,
        'A'..='Z' => 0.7,
        c if c.is_ascii() => 0.58,
        _ => 1.0,
    }
}

/// At most `most` lines of at most `widest`; what does not fit ends in an ellipsis. Breaks between words, and between any two Chinese characters
/// unless the second is a mark that must not begin a line.
pub fn wrap(text: &str, size: f64, widest: f64, most: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for piece in pieces(text) {
        if !line.is_empty() && width(&line, size) + width(piece.trim_end(), size) > widest {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
        }
        for c in piece.chars() {
            // A word that is longer than a line.
            if width(&line, size) + ems(c) * size > widest + size && !no_line_begins_with(c) {
                lines.push(std::mem::take(&mut line));
            }
            line.push(c);
        }
    }
    if !line.trim().is_empty() {
        lines.push(line.trim_end().to_owned());
    }
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            last.push('…');
        }
    }
    lines
}

/// What may not be broken: a word with the space behind it, a character with the marks behind it.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for c in text.split_whitespace().collect::<Vec<_>>().join(" ").chars() {
        let joins = pieces.last().and_then(|piece: &String| piece.chars().last()).is_some_and(|before| {
            let is_word = |c: char| c.is_ascii() && c != ' ';
            (is_word(before) && is_word(c)) || c == ' ' || no_line_begins_with(c)
        });
        match pieces.last_mut() {
            Some(piece) if joins => piece.push(c),
            _ => pieces.push(c.to_string()),
        }
    }
    pieces
}

fn no_line_begins_with(c: char) -> bool {
    matches!(c, '，' | '。' | '、' | '；' | '：' | '？' | '！' | '）' | '》' | '”' | '’' | ',' | '.' | ';' | ':' | '?' | '!' | ')')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        assert_eq!(wrap(text, 10.0, 60.0, 3), expected);
    }

    #[test]
    fn lines_break_where_they_may() {
        check("您的余额是一百块", &["您的余额是一", "百块"]);
        check("您的余额是五，谢谢", &["您的余额是", "五，谢谢"]);
        check("Shall we tell you", &["Shall we", "tell you"]);
        check("", &[]);
        check("一二三四五六七八九十一二三四五六七八九十", &["一二三四五六", "七八九十一二", "三四五六七八…"]);
        check("supercalifragilistic", &["supercalifragi", "listic"]);
    }
}
