//! What stands around every page: language, rail, who is signed in.

use super::assets;
use super::words::word;
use crate::api::access;
use crate::api::gate::Visitor;
use crate::security::{Person, Role};
use crate::text::Lang;
use axum::http::header::ACCEPT_LANGUAGE;
use axum::http::{HeaderMap, Method};

/// See the module's text.
pub(in crate::api) struct Frame {
    pub lang: Lang,
    pub person: Option<Person>,
    pub form_token: String,
    /// The rail's entry that this page belongs to.
    here: &'static str,
    has_desk: bool,
}

/// A line of the rail.
pub(super) struct Entry {
    /// Of the words and of the icon.
    pub name: &'static str,
    pub word: &'static str,
    pub path: &'static str,
    pub is_here: bool,
}

/// Name, words, path; shown to whom the table of routes lets in.
const RAIL: [(&str, &str, &str); 13] = [
    ("desk", "rail.desk", "/console/desk"),
    ("wall", "rail.wall", "/console/wall"),
    ("live", "rail.live", "/console/live"),
    ("calls", "rail.calls", "/console/calls"),
    ("orders", "rail.orders", "/console/orders"),
    ("incidents", "rail.incidents", "/console/incidents"),
    ("campaigns", "rail.campaigns", "/console/campaigns"),
    ("customers", "rail.customers", "/console/customers"),
    ("knowledge", "rail.knowledge", "/console/knowledge"),
    ("flows", "rail.flows", "/console/flows"),
    ("surveys", "rail.surveys", "/console/surveys"),
    ("people", "rail.people", "/console/people"),
    ("settings", "rail.settings", "/console/settings"),
];

/// The words' key of a role.
pub(super) fn role_word(role: Role) -> &'static str {
    match role {
        Role::Agent => "role.agent",
        Role::Supervisor => "role.supervisor",
        Role::Operator => "role.operator",
        Role::Admin => "role.admin",
    }
}

impl Frame {
    pub fn of(visitor: &Visitor, here: &'static str) -> Frame {
        Frame {
            lang: visitor.person.lang,
            person: Some(visitor.person.clone()),
            form_token: visitor.form_token(),
            here,
            has_desk: visitor.has_desk,
        }
    }

    /// For who is not signed in: in the browser's language.
    pub fn of_nobody(headers: &HeaderMap) -> Frame {
        let wanted = headers.get(ACCEPT_LANGUAGE).and_then(|list| list.to_str().ok()).unwrap_or_default();
        let lang = if wanted.trim_start().to_ascii_lowercase().starts_with("en") { Lang::En } else { Lang::Zh };
        Frame { lang, person: None, form_token: String::new(), here: "", has_desk: false }
    }

    pub fn in_lang(self, lang: Option<Lang>) -> Frame {
        Frame { lang: lang.unwrap_or(self.lang), ..self }
    }

    /// The words of a key.
    pub fn t<'a>(&self, key: &'a str) -> &'a str {
        word(self.lang, key)
    }

    /// The words' key for what this person is.
    pub fn role_word(&self) -> &'static str {
        role_word(self.person.as_ref().map_or(Role::Admin, |person| person.role))
    }

    pub fn other_lang(&self) -> Lang {
        match self.lang {
            Lang::Zh => Lang::En,
            Lang::En => Lang::Zh,
        }
    }

    /// As `html lang` has it.
    pub fn lang_tag(&self) -> &'static str {
        match self.lang {
            Lang::Zh => "zh-CN",
            Lang::En => "en",
        }
    }

    /// Where a file of the pages is.
    pub fn asset(&self, name: &str) -> String {
        assets::place(name)
    }

    /// What this person may go to, and what is there.
    pub fn rail(&self) -> Vec<Entry> {
        let Some(person) = &self.person else { return Vec::new() };
        let may = |path: &str| access::who(&Method::GET, path).is_some_and(|who| who.lets_in(person.role));
        let entries = RAIL.into_iter().filter(|(name, _, path)| may(path) && (self.has_desk || !matches!(*name, "desk" | "wall")));
        entries.map(|(name, word, path)| Entry { name, word, path, is_here: name == self.here }).collect()
    }
}
