//! What a grammar document says, whichever form it was written in (SRGS 1.0, both forms have one meaning).
//!
//! The readers `srgs_xml` and `srgs_abnf` make a [`Document`]; `link` joins documents and compiles them.

/// Where something stands in a file, both from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub line: u32,
    pub column: u32,
}

impl Place {
    pub const START: Place = Place { line: 1, column: 1 };
}

/// What is wrong in one document, before its file name is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    pub place: Place,
    pub reason: String,
}

impl Fault {
    pub fn new(place: Place, reason: impl Into<String>) -> Fault {
        Fault { place, reason: reason.into() }
    }
}

/// How a document was written; a reference may demand one with its media type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `application/srgs+xml`, section 1.2.
    Xml,
    /// `application/srgs`, appendix D.
    Abnf,
}

impl Form {
    pub fn media_type(self) -> &'static str {
        match self {
            Form::Xml => "application/srgs+xml",
            Form::Abnf => "application/srgs",
        }
    }
}

/// What the grammar listens to (section 4.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    #[default]
    Voice,
    Dtmf,
}

impl Mode {
    pub fn from_name(name: &str) -> Option<Mode> {
        match name {
            "voice" => Some(Mode::Voice),
            "dtmf" => Some(Mode::Dtmf),
            _ => None,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Mode::Voice => "voice",
            Mode::Dtmf => "dtmf",
        }
    }
}

/// What a tag's content means (section 4.8; SISR 1.0 section 2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagFormat {
    /// A word: `semantics/1.0-literals`, no format, or one that is not known here.
    Literals,
    /// ECMAScript: `semantics/1.0`.
    Script,
}

/// One grammar document.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    pub form: Form,
    pub lang: Option<String>,
    pub mode: Mode,
    /// The declared root rule and where it was declared.
    pub root: Option<(String, Place)>,
    pub base: Option<String>,
    pub tag_format: Option<String>,
    pub meta: Vec<Meta>,
    /// Kept, not fetched: pronunciations come from `text::pinyin`.
    pub lexicons: Vec<String>,
    /// Tags of the header (section 4.12).
    pub tags: Vec<Tag>,
    pub rules: Vec<Rule>,
}

impl Document {
    pub fn empty(form: Form) -> Document {
        Document {
            form,
            lang: None,
            mode: Mode::Voice,
            root: None,
            base: None,
            tag_format: None,
            meta: Vec::new(),
            lexicons: Vec::new(),
            tags: Vec::new(),
            rules: Vec::new(),
        }
    }

    /// Scripts run only where the grammar asks for them.
    pub fn tag_format(&self) -> TagFormat {
        match self.tag_format.as_deref() {
            Some("semantics/1.0") => TagFormat::Script,
            _ => TagFormat::Literals,
        }
    }

    /// The content of the first `meta` called `name`.
    pub fn meta(&self, name: &str) -> Option<&str> {
        self.meta.iter().find(|meta| !meta.http && meta.name == name).map(|meta| meta.content.as_str())
    }
}

/// A `meta` or `http-equiv` declaration (section 4.11).
#[derive(Clone, Debug, PartialEq)]
pub struct Meta {
    pub name: String,
    pub content: String,
    /// Declared as `http-equiv`.
    pub http: bool,
    pub place: Place,
}

/// A rule definition (section 3).
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    pub name: String,
    pub public: bool,
    pub examples: Vec<String>,
    pub body: Expansion,
    pub place: Place,
}

/// A rule expansion (section 2).
#[derive(Clone, Debug, PartialEq)]
pub enum Expansion {
    /// White space inside is single; `lang` is there when it differs from the document's.
    Token {
        text: String,
        lang: Option<String>,
        place: Place,
    },
    Reference {
        target: Target,
        media_type: Option<String>,
        place: Place,
    },
    Special(Special),
    Tag(Tag),
    /// The empty sequence matches silence: `<item/>`, `()`.
    Sequence(Vec<Expansion>),
    Alternatives(Vec<Alternative>),
    Repeat {
        of: Box<Expansion>,
        min: u32,
        max: Option<u32>,
        probability: Option<f32>,
    },
}

/// What a tag says, as written, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct Tag {
    pub content: String,
    pub place: Place,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Alternative {
    /// 1.0 when none is written (section 2.4.1).
    pub weight: f32,
    pub expansion: Expansion,
}

/// What a rule reference points at (section 2.2).
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// `#name`, `$name`.
    Local(String),
    /// A URI as written.
    Uri(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special {
    Null,
    Void,
    Garbage,
}

impl Special {
    pub fn from_name(name: &str) -> Option<Special> {
        match name {
            "NULL" => Some(Special::Null),
            "VOID" => Some(Special::Void),
            "GARBAGE" => Some(Special::Garbage),
            _ => None,
        }
    }
}

/// The largest file, in bytes.
pub const MOST_BYTES: usize = 1 << 20;
/// How deep elements or brackets may nest.
pub const MOST_NESTING: usize = 64;
/// The largest number in a repeat.
pub const MOST_REPEATS: u32 = 1000;

/// A rule name: an XML name without `.`, `:` and `-`, and not the name of a special rule (section 3.1).
pub fn check_rule_name(name: &str, place: Place) -> Result<(), Fault> {
    let mut characters = name.chars();
    let starts_well = characters.next().is_some_and(|c| c.is_alphabetic() || c == '_');
    if !starts_well || !characters.all(|c| c.is_alphanumeric() || c == '_' || is_combining(c)) {
        return Err(Fault::new(place, format!("`{name}` cannot name a rule: a letter or `_`, then letters, digits or `_`")));
    }
    if Special::from_name(name).is_some() {
        return Err(Fault::new(place, format!("the rule name {name} is reserved by SRGS: choose another")));
    }
    Ok(())
}

fn is_combining(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{b7}')
}

/// `3`, `0-2` or `1-` (section 2.5) as the least and the most.
pub fn parse_repeat(written: &str, place: Place) -> Result<(u32, Option<u32>), Fault> {
    let bad = || Fault::new(place, format!("repeat `{written}` is not n, m-n or m-: write for example 3, 0-2 or 1-"));
    let number = |digits: &str| -> Result<u32, Fault> {
        let digits = digits.trim();
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(bad());
        }
        match digits.parse::<u32>() {
            Ok(n) if n <= MOST_REPEATS => Ok(n),
            _ => Err(Fault::new(place, format!("repeat `{written}` is too large: at most {MOST_REPEATS}"))),
        }
    };
    match written.split_once('-') {
        None => number(written).map(|n| (n, Some(n))),
        Some((least, most)) if most.trim().is_empty() => Ok((number(least)?, None)),
        Some((least, most)) => {
            let (least, most) = (number(least)?, number(most)?);
            if least > most {
                return Err(Fault::new(place, format!("repeat `{written}` ends before it begins: the first number is the smaller")));
            }
            Ok((least, Some(most)))
        }
    }
}

/// `n`, `n.`, `.n` or `n.n` (section 2.4.1).
fn parse_plain_number(written: &str) -> Option<f32> {
    let digits = written.bytes().filter(u8::is_ascii_digit).count();
    let points = written.bytes().filter(|b| *b == b'.').count();
    (digits > 0 && points <= 1 && digits + points == written.len()).then(|| written.parse().ok()).flatten()
}

pub fn parse_weight(written: &str, place: Place) -> Result<f32, Fault> {
    parse_plain_number(written.trim())
        .filter(|weight| weight.is_finite())
        .ok_or_else(|| Fault::new(place, format!("weight `{written}` is not a plain number: write for example 2 or 0.5")))
}

pub fn parse_probability(written: &str, place: Place) -> Result<f32, Fault> {
    parse_plain_number(written.trim())
        .filter(|probability| *probability <= 1.0)
        .ok_or_else(|| Fault::new(place, format!("repeat probability `{written}` is not a number from 0.0 to 1.0")))
}

/// White space at the ends gone, and single inside (section 2.1).
pub fn single_spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether `written` looks like a language tag (RFC 3066): `zh`, `en-US`.
pub fn is_language(written: &str) -> bool {
    let mut parts = written.split('-');
    let first = parts.next().unwrap_or_default();
    let short = |part: &str| (1..=8).contains(&part.len());
    short(first)
        && first.bytes().all(|b| b.is_ascii_alphabetic())
        && parts.all(|p| short(p) && p.bytes().all(|b| b.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_repeat(written: &str, expected: Option<(u32, Option<u32>)>) {
        assert_eq!(parse_repeat(written, Place::START).ok(), expected, "{written}");
    }

    #[test]
    fn repeats() {
        check_repeat("3", Some((3, Some(3))));
        check_repeat("0-1", Some((0, Some(1))));
        check_repeat("2-", Some((2, None)));
        check_repeat("0", Some((0, Some(0))));
        check_repeat("3-2", None);
        check_repeat("-2", None);
        check_repeat("+1", None);
        check_repeat("", None);
        check_repeat("1-2-3", None);
        check_repeat("1001", None);
        check_repeat("99999999999999999999", None);
    }

    #[test]
    fn weights_are_plain_numbers() {
        for (written, expected) in [
            ("10", Some(10.0)),
            ("0.5", Some(0.5)),
            (".5", Some(0.5)),
            ("1.", Some(1.0)),
            ("1e3", None),
            ("-1", None),
            ("inf", None),
            (".", None),
            ("", None),
        ] {
            assert_eq!(parse_weight(written, Place::START).ok(), expected, "{written}");
        }
        assert!(parse_probability("1.1", Place::START).is_err());
    }

    #[test]
    fn names() {
        for (name, good) in
            [("main", true), ("月份", true), ("_a1", true), ("a-b", false), ("a.b", false), ("1a", false), ("", false), ("VOID", false)]
        {
            assert_eq!(check_rule_name(name, Place::START).is_ok(), good, "{name}");
        }
    }
}
