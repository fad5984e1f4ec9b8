//! What is to be spoken, plain or marked up, in the pieces in which it is spoken.

use super::TtsError;
use super::pieces::{Piece, pieces};
use crate::text::sounds;
use crate::text::ssml::{self, Part, Prosody};
use std::time::Duration;

/// One piece with the manner and the marks that markup gives it.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub piece: Piece,
    pub prosody: Prosody,
    /// Marks at its beginning.
    pub marks: Vec<String>,
    /// Marks at the very end; only on the last line.
    pub marks_after: Vec<String>,
    /// Silence after the last line too.
    pub pause_at_end: bool,
}

/// The lines of `text`: SSML when it begins with `<`, else plain. Empty when there is nothing to say.
pub fn script(text: &str) -> Result<Vec<Line>, TtsError> {
    if !ssml::is_markup(text) {
        let plain = pieces(&sounds::without_marks(text));
        return Ok(plain.into_iter().map(|piece| Line::new(piece, Prosody::PLAIN)).collect());
    }
    let document = ssml::parse(text).map_err(|error| TtsError::Markup(error.to_string()))?;
    let mut lines: Vec<Line> = Vec::new();
    let mut marks = Vec::new();
    let mut silence_first = 0;
    for part in document.parts {
        match part {
            Part::Text { text, prosody } => {
                let mut new: Vec<Line> = pieces(&text).into_iter().map(|piece| Line::new(piece, prosody)).collect();
                if let Some(first) = new.first_mut() {
                    first.marks.append(&mut marks);
                }
                lines.extend(new);
            }
            Part::Break { ms } => match lines.last_mut() {
                Some(last) => {
                    last.piece.pause = Duration::from_millis(ms.into());
                    last.pause_at_end = true;
                }
                None => silence_first = silence_first.max(ms),
            },
            Part::Mark(name) => marks.push(name),
        }
    }
    if let Some(last) = lines.last_mut() {
        last.marks_after = marks;
    }
    if let Some(first) = lines.first_mut() {
        first.piece.lead = Duration::from_millis(silence_first.into());
    }
    Ok(lines)
}

impl Line {
    fn new(piece: Piece, prosody: Prosody) -> Line {
        Line { piece, prosody, marks: Vec::new(), marks_after: Vec::new(), pause_at_end: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Text, pause in milliseconds, marks.
    #[track_caller]
    fn check(text: &str, expected: &[(&str, u128, &[&str])]) {
        let lines = script(text).unwrap();
        let short: Vec<(&str, u128, Vec<&str>)> = lines
            .iter()
            .map(|line| (line.piece.text.as_str(), line.piece.pause.as_millis(), line.marks.iter().map(String::as_str).collect()))
            .collect();
        let expected: Vec<(&str, u128, Vec<&str>)> = expected.iter().map(|(text, pause, marks)| (*text, *pause, marks.to_vec())).collect();
        assert_eq!(short, expected, "{text}");
    }

    #[test]
    fn plain_text_and_markup() {
        check("您好。请说。", &[("您好。", 320, &[]), ("请说。", 320, &[])]);
        check("<speak>您好。<break time='1s'/>请说。</speak>", &[("您好。", 1000, &[]), ("请说。", 320, &[])]);
        check("<speak>您好<mark name='a'/>请说</speak>", &[("您好", 60, &[]), ("请说", 60, &["a"])]);
        check("<speak>话费<sub alias='一百元'>x</sub>整。</speak>", &[("话费一百元整。", 320, &[])]);
        check("<speak/>", &[]);
        assert!(matches!(script("<speak>"), Err(TtsError::Markup(reason)) if reason.starts_with("1:")));
    }

    #[test]
    fn silence_at_both_ends_and_marks_at_the_end_are_kept() {
        let lines = script("<speak><break time='200ms'/>您好<break time='300ms'/><mark name='end'/></speak>").unwrap();
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].piece.lead.as_millis(), 200);
        assert!(lines[0].pause_at_end);
        assert_eq!(lines[0].marks_after, ["end"]);
    }
}
