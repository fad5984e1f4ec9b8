//! Lines of JSON in, an answer a line out. Every answer is flushed: what was answered is kept.

use super::Failure;
use crate::api::work_orders::{incident_shown, shown};
use crate::care::{CareError, Draft, State, Verdict, WorkOrders};
use crate::store::Note;
use crate::text::{Lang, PhoneNumber};
use anyhow::{Context, bail};
use jiff::civil::DateTime;
use serde::{Deserialize, Deserializer};
use serde_json::{Value as Json, json};
use std::io::{BufRead, Write};

#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
enum Order {
    Open(Open),
    Step {
        #[serde(flatten)]
        which: Which,
        to: String,
        #[serde(default)]
        text: String,
    },
    Comment {
        #[serde(flatten)]
        which: Which,
        text: String,
    },
    Judge {
        #[serde(flatten)]
        which: Which,
        satisfied: bool,
        #[serde(default)]
        text: String,
    },
    Round {
        #[serde(deserialize_with = "moment")]
        now: DateTime,
    },
    Resolve {
        #[serde(deserialize_with = "moment")]
        now: DateTime,
        incident: i64,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Open {
    key: String,
    #[serde(deserialize_with = "moment")]
    now: DateTime,
    class: String,
    customer: Option<String>,
    level: Option<String>,
    area: Option<String>,
    call: Option<String>,
    #[serde(default)]
    lang: Lang,
    #[serde(default)]
    urgent: bool,
    #[serde(default)]
    text: String,
}

/// Which order, by whom, when.
#[derive(Deserialize)]
struct Which {
    key: String,
    #[serde(deserialize_with = "moment")]
    now: DateTime,
    /// The key that opened it.
    order: Option<String>,
    number: Option<String>,
    author: Option<String>,
}

/// `2026-11-22T09:30`.
fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| serde::de::Error::custom(format!("{text:?} is no local time such as 2026-11-22T09:30")))
}

/// Who does it when nobody is named.
const AUTHOR: &str = "batch";

pub async fn run(orders: &WorkOrders) -> Result<(), Failure> {
    for (index, line) in std::io::stdin().lock().lines().enumerate() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let answer = match carry_out(orders, &line).await {
            Ok(answer) => answer,
            // What cannot be kept now cannot be answered for: the rest is not taken either.
            Err(error) if error.downcast_ref::<CareError>().is_some_and(|error| matches!(error, CareError::Store(_))) => return Err(error),
            Err(error) => json!({"line": index + 1, "error": format!("{error:#}")}),
        };
        let mut out = std::io::stdout().lock();
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

async fn carry_out(orders: &WorkOrders, line: &str) -> Result<Json, Failure> {
    match serde_json::from_str(line)? {
        Order::Open(open) => {
            let customer = open.customer.map(|raw| PhoneNumber::parse(&raw).context("customer: a telephone number has 3 to 15 digits"));
            let draft = Draft {
                class: open.class,
                customer: customer.transpose()?,
                level: open.level,
                area: open.area,
                lang: open.lang,
                urgent: open.urgent,
                call_id: open.call,
                text: open.text,
                ..Draft::default()
            };
            Ok(shown(&orders.open(draft, &open.key, open.now).await?))
        }
        Order::Step { which, to, text } => {
            let to = State::from_name(&to).with_context(|| format!("no state {to}"))?;
            let note = Note { at: which.now, author: which.author(), text: &text, key: Some(&which.key) };
            Ok(shown(&orders.advance(&which.number(orders).await?, to, note).await?))
        }
        Order::Comment { which, text } => {
            let number = which.number(orders).await?;
            orders.comment(&number, Note { at: which.now, author: which.author(), text: &text, key: Some(&which.key) }).await?;
            Ok(json!({"number": number, "commented": true}))
        }
        Order::Judge { which, satisfied, text } => {
            let verdict = Verdict { satisfied, comment: &text, call: "", key: &which.key, at: which.now };
            Ok(shown(&orders.judge(&which.number(orders).await?, verdict).await?))
        }
        Order::Round { now } => {
            let round = orders.round(now).await?;
            Ok(json!({"given": round.given.len(), "warnings": round.warnings.len(), "told": round.told.len()}))
        }
        Order::Resolve { now, incident } => Ok(incident_shown(&orders.resolve(incident, AUTHOR, now).await?)),
    }
}

impl Which {
    fn author(&self) -> &str {
        self.author.as_deref().unwrap_or(AUTHOR)
    }

    async fn number(&self, orders: &WorkOrders) -> Result<String, Failure> {
        match (&self.number, &self.order) {
            (Some(number), _) => Ok(number.clone()),
            (None, Some(key)) => Ok(orders.opened_by(key).await?.number),
            (None, None) => bail!("name the order by its `number`, or by `order`, the key that opened it"),
        }
    }
}
