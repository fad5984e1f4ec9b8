//! Why a row was not taken: a kind, and what of the row it is about. Kept by name, so that every page can say it in its own words.

use crate::outbound::sheet::Unreadable;
use crate::text::mask::mask_text;

/// A row that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub line: u64,
    pub reason: Reason,
}

/// Why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    pub kind: Kind,
    /// What it is about; numbers in it are masked.
    pub subject: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    NoNumber,
    NoRegion,
    NoLanguage,
    LongValue,
    Fields,
    Repeated,
    LongLine,
    OpenQuote,
    Characters,
}

impl Kind {
    pub const ALL: [Kind; 9] = [
        Kind::NoNumber,
        Kind::NoRegion,
        Kind::NoLanguage,
        Kind::LongValue,
        Kind::Fields,
        Kind::Repeated,
        Kind::LongLine,
        Kind::OpenQuote,
        Kind::Characters,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Kind::NoNumber => "no_number",
            Kind::NoRegion => "no_region",
            Kind::NoLanguage => "no_language",
            Kind::LongValue => "long_value",
            Kind::Fields => "fields",
            Kind::Repeated => "repeated",
            Kind::LongLine => "long_line",
            Kind::OpenQuote => "open_quote",
            Kind::Characters => "characters",
        }
    }

    pub fn about(self, subject: impl AsRef<str>) -> Reason {
        Reason { kind: self, subject: mask_text(subject.as_ref()) }
    }
}

impl Reason {
    /// As it was kept; `None` when it was not by this version.
    pub fn kept(name: &str, subject: String) -> Option<Reason> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name).map(|kind| Reason { kind, subject })
    }
}

impl From<Kind> for Reason {
    fn from(kind: Kind) -> Reason {
        kind.about("")
    }
}

impl From<Unreadable> for Reason {
    fn from(unreadable: Unreadable) -> Reason {
        match unreadable {
            Unreadable::TooLong => Kind::LongLine.into(),
            Unreadable::OpenQuote => Kind::OpenQuote.into(),
            Unreadable::Characters(encoding) => Kind::Characters.about(encoding),
        }
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let subject = &self.subject;
        match self.kind {
            Kind::NoNumber => f.write_str("no telephone number"),
            Kind::NoRegion => write!(f, "the calendar has no region `{subject}`"),
            Kind::NoLanguage => write!(f, "no language `{subject}`; write zh or en"),
            Kind::LongValue => write!(f, "`{subject}` has more than {} characters", super::LONGEST_VALUE),
            Kind::Fields => write!(f, "the number of fields is not that of the first line: {subject}"),
            Kind::Repeated => f.write_str("this number is in the campaign already"),
            Kind::LongLine => Unreadable::TooLong.fmt(f),
            Kind::OpenQuote => Unreadable::OpenQuote.fmt(f),
            Kind::Characters => write!(f, "characters that are not {subject}"),
        }
    }
}
