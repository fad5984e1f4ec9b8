//! Entries as typed by editors → entries that can be searched and said, or every fault in them with its place.

use crate::nlu::wording::Wording;
use crate::text::Lang;
use crate::text::located::{Fault, Located};
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Fewer ways to ask than this find too little.
const FEWEST_VARIANTS: usize = 2;

/// `flows/knowledge/<topic>.yaml`: questions that callers ask, and what is said in reply.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawKnowledge {
    pub entries: Vec<Located<RawEntry>>,
}

/// A question and its answer in both languages.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawEntry {
    /// Stable name: small letters, digits and `_`.
    pub id: Located<String>,
    /// What it is about; for whoever looks entries up.
    pub tags: Vec<Located<String>>,
    /// The answer tells what to do against a trouble: it is asked whether that helped.
    #[serde(default)]
    pub advice: bool,
    /// First day on which it holds, as 2026-11-22; without it always.
    pub from: Option<Located<String>>,
    /// Last day on which it holds.
    pub to: Option<Located<String>>,
    pub zh: RawWordings,
    pub en: RawWordings,
}

/// One language of an entry.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawWordings {
    /// The question as it stands inside "您是问…，对吗？" and "You are asking …, is that right?"
    pub question: Located<String>,
    /// Other ways to ask it.
    pub variants: Vec<Located<String>>,
    /// What is said: two short sentences at most, the main fact first.
    pub answer: Located<String>,
}

impl RawEntry {
    pub fn wordings(&self) -> [(Lang, &RawWordings); 2] {
        [(Lang::Zh, &self.zh), (Lang::En, &self.en)]
    }
}

/// An entry that holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub id: String,
    pub tags: Vec<String>,
    /// The answer tells what to do against a trouble.
    pub advice: bool,
    pub from: Option<Date>,
    pub to: Option<Date>,
    pub zh: Wordings,
    pub en: Wordings,
}

/// One language of an entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Wordings {
    pub question: String,
    pub variants: Vec<String>,
    pub answer: String,
}

impl Entry {
    pub fn wordings(&self, lang: Lang) -> &Wordings {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }

    /// Whether it holds on `day`.
    pub fn is_valid(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }
}

/// Makes the entries of all files; what is wrong goes into `faults`.
pub fn check(files: Vec<(&str, RawKnowledge)>, faults: &mut Vec<Fault>) -> Vec<Entry> {
    let mut checker = Checker { file: "", faults, ids: BTreeMap::new(), asked: BTreeMap::new() };
    let mut entries = Vec::new();
    for (file, raw) in files {
        checker.file = file;
        for entry in raw.entries {
            entries.push(checker.entry(entry.value));
        }
    }
    entries
}

struct Checker<'a> {
    file: &'a str,
    faults: &'a mut Vec<Fault>,
    ids: BTreeMap<String, String>,
    /// Every way to ask, and the entry that it belongs to.
    asked: BTreeMap<(Lang, String), String>,
}

impl Checker<'_> {
    fn fault<T>(&mut self, at: &Located<T>, reason: String) {
        self.faults.push(Fault { file: self.file.to_owned(), place: at.place, reason });
    }

    fn entry(&mut self, raw: RawEntry) -> Entry {
        let id = raw.id.value.clone();
        if id.is_empty() || !id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
            self.fault(&raw.id, format!("the id `{id}` has other characters than small letters, digits and _"));
        }
        let here = format!("{}:{}", self.file, raw.id.place.line);
        if let Some(other) = self.ids.insert(id.clone(), here) {
            self.fault(&raw.id, format!("the id `{id}` stands already at {other}"));
        }
        if raw.tags.is_empty() {
            self.fault(&raw.id, format!("`{id}` has no tags: what is it about?"));
        }
        let (from, to) = (self.day(raw.from.as_ref()), self.day(raw.to.as_ref()));
        if let (Some(from), Some(to), Some(at)) = (from, to, &raw.to)
            && to < from
        {
            self.fault(at, format!("it ends on {to}, before it begins on {from}"));
        }
        let (zh, en) = (self.wordings(&id, Lang::Zh, raw.zh), self.wordings(&id, Lang::En, raw.en));
        Entry { id, tags: raw.tags.into_iter().map(|tag| tag.value).collect(), advice: raw.advice, from, to, zh, en }
    }

    fn day(&mut self, written: Option<&Located<String>>) -> Option<Date> {
        let written = written?;
        let day = written.value.parse();
        if day.is_err() {
            self.fault(written, format!("`{}` is no day: write 2026-11-22", written.value));
        }
        day.ok()
    }

    fn wordings(&mut self, id: &str, lang: Lang, raw: RawWordings) -> Wordings {
        if raw.variants.len() < FEWEST_VARIANTS {
            let reason = format!("`{id}` has {} variants in `{lang}`: write {FEWEST_VARIANTS} or more", raw.variants.len());
            self.fault(&raw.question, reason);
        }
        for wording in [&raw.question].into_iter().chain(&raw.variants) {
            let plain = Wording::new(&wording.value).text();
            if plain.is_empty() {
                self.fault(wording, "nothing is asked".to_owned());
                continue;
            }
            match self.asked.insert((lang, plain), id.to_owned()) {
                Some(other) if other == id => self.fault(wording, "the same is written twice".to_owned()),
                Some(other) => self.fault(wording, format!("`{other}` is asked with the same words")),
                None => {}
            }
        }
        let variants = raw.variants.into_iter().map(|variant| variant.value).collect();
        Wordings { question: raw.question.value, variants, answer: raw.answer.value }
    }
}
