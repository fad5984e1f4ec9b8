//! Bytes to text: encodings, byte order marks, size. Knows nothing of grammars but how each form names its encoding.

use super::model::{Fault, Form, MOST_BYTES, Place};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// Decodes a grammar file and tells its form: an ABNF document begins with `#ABNF` (section 4.1), anything else is XML.
pub fn decode(bytes: &[u8]) -> Result<(Form, String), Fault> {
    if bytes.len() > MOST_BYTES {
        return Err(Fault::new(Place::START, format!("the file is too large: at most {MOST_BYTES} bytes")));
    }
    let (encoding, skip) = match (Encoding::for_bom(bytes), unmarked_utf_16(bytes)) {
        (Some(found), _) => found,
        (None, Some(encoding)) => (encoding, 0),
        (None, None) => (declared(bytes)?, 0),
    };
    let body = bytes.get(skip..).unwrap_or_default();
    let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(body) else {
        let place = first_bad_place(encoding, body);
        return Err(Fault::new(place, format!("the file is not {}: save it as UTF-8 or declare its encoding", encoding.name())));
    };
    let form = if text.starts_with("#ABNF") { Form::Abnf } else { Form::Xml };
    Ok((form, text.into_owned()))
}

fn unmarked_utf_16(bytes: &[u8]) -> Option<&'static Encoding> {
    match bytes {
        [b'<' | b'#', 0, ..] => Some(UTF_16LE),
        [0, b'<' | b'#', ..] => Some(UTF_16BE),
        _ => None,
    }
}

/// The encoding that the first line names: `<?xml … encoding="GB18030"?>`, `#ABNF 1.0 GB18030;`.
fn declared(bytes: &[u8]) -> Result<&'static Encoding, Fault> {
    let head: String = bytes.iter().take(200).map(|b| char::from(*b)).collect();
    let first_line = head.lines().next().unwrap_or_default();
    let label = if let Some(rest) = first_line.strip_prefix("#ABNF") {
        rest.split(';').next().unwrap_or_default().split_whitespace().nth(1).map(str::to_owned)
    } else {
        head.split_once("?>").and_then(|(declaration, _)| declaration.split_once("encoding")).and_then(|(_, rest)| {
            let value = rest.trim_start().strip_prefix('=')?.trim_start();
            let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            value.split(quote).nth(1).map(str::to_owned)
        })
    };
    let Some(label) = label else { return Ok(UTF_8) };
    match Encoding::for_label(label.as_bytes()) {
        // Bytes that could be read so far are not UTF-16, whatever the declaration says.
        Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => {
            Err(Fault::new(Place::START, format!("the file says it is {label} and is not: correct the declaration or save it so")))
        }
        Some(encoding) => Ok(encoding),
        None => Err(Fault::new(Place::START, format!("encoding `{label}` is not known: save the file as UTF-8"))),
    }
}

fn first_bad_place(encoding: &'static Encoding, body: &[u8]) -> Place {
    let (text, _) = encoding.decode_without_bom_handling(body);
    let good: String = text.chars().take_while(|c| *c != char::REPLACEMENT_CHARACTER).collect();
    let line = good.matches('\n').count() as u32 + 1;
    let column = good.rsplit('\n').next().map_or(0, |last| last.chars().count()) as u32 + 1;
    Place { line, column }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf_16(text: &str, big: bool) -> Vec<u8> {
        text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    }

    #[track_caller]
    fn check(bytes: &[u8], expected: Option<(Form, &str)>) {
        assert_eq!(decode(bytes).ok(), expected.map(|(form, text)| (form, text.to_owned())));
    }

    #[test]
    fn encodings() {
        let abnf = "#ABNF 1.0;\n$是=是;";
        check(abnf.as_bytes(), Some((Form::Abnf, abnf)));
        check(format!("\u{feff}{abnf}").as_bytes(), Some((Form::Abnf, abnf)));
        check(&utf_16(abnf, false), Some((Form::Abnf, abnf)));
        check(&utf_16(&format!("\u{feff}{abnf}"), true), Some((Form::Abnf, abnf)));
        check(&[b"#ABNF 1.0 GB2312;\n".as_slice(), &[0xca, 0xc7]].concat(), Some((Form::Abnf, "#ABNF 1.0 GB2312;\n是")));
        check(
            &[b"<?xml version='1.0' encoding='ISO-8859-1'?>".as_slice(), &[0xe5]].concat(),
            Some((Form::Xml, "<?xml version='1.0' encoding='ISO-8859-1'?>å")),
        );
        check(b"<?xml version='1.0' encoding='klingon'?>", None);
        check(b"<?xml version='1.0' encoding='UTF-16'?>", None);
        check(&vec![b' '; MOST_BYTES + 1], None);
    }

    #[test]
    fn a_bad_byte_is_placed() {
        assert_eq!(decode(b"<a>\nab\xff</a>").unwrap_err().place, Place { line: 2, column: 3 });
    }
}
