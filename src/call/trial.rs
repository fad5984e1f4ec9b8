//! A call in text of which nothing remains: the same flows in a house of its own, with the demo operator's invented customers.

use super::conversation::Conversation;
use super::services::Services;
use super::text_call::{Input, Reply, TextCall};
use crate::business::{Clock, DemoOperator};
use crate::care::FileOutbox;
use crate::dialog::{Errand, Opening, Utterance};
use crate::store::{Database, StoreError};
use crate::text::{Lang, PhoneNumber};
use jiff::civil::DateTime;
use std::sync::Arc;

/// Who calls, and when.
#[derive(Clone, Debug)]
pub struct Caller {
    /// `None` when the number is withheld.
    pub number: Option<PhoneNumber>,
    pub lang: Lang,
    pub now: DateTime,
}

/// Something that the caller did, as [`Input::read`] takes it, and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    /// `None` for the beginning of the call.
    pub line: Option<String>,
    pub reply: Reply,
}

/// Plays a whole call from its beginning with the flows of `house`; lines after its end are left out. The same lines give the same call.
///
/// # Errors
/// There is no room for a database.
pub async fn play(house: &Services, caller: Caller, lines: &[String]) -> Result<Vec<Exchange>, StoreError> {
    let (mut call, greeting) = TextCall::begin(Conversation::new(apart(house, caller.now, None).await?, opening(caller))).await;
    let mut exchanges = vec![Exchange { line: None, reply: greeting }];
    for line in lines {
        if exchanges.last().is_some_and(|last| last.reply.outcome.is_some()) {
            break;
        }
        exchanges.push(Exchange { line: Some(line.clone()), reply: call.take(Input::read(line)).await });
    }
    call.finish().await;
    Ok(exchanges)
}

/// What a call of ours says first, and what it says then to who presses that it is he. Nobody is called.
///
/// # Errors
/// There is no room for a database.
pub async fn beginning(house: &Services, errand: Errand, lang: Lang, now: DateTime) -> Result<[Vec<Utterance>; 2], StoreError> {
    let opening = Opening { errand: Some(errand), ..opening(Caller { number: None, lang, now }) };
    let (mut call, first) = TextCall::begin(Conversation::new(apart(house, now, None).await?, opening)).await;
    let then = if first.question.is_some() { call.take(Input::Keys(IT_IS_HE)).await.said } else { Vec::new() };
    call.finish().await;
    Ok([first.said, then])
}

/// The first key of `flows/parts/identify.yaml`.
const IT_IS_HE: &str = "1";

fn opening(caller: Caller) -> Opening {
    let Caller { number, lang, now } = caller;
    Opening { caller: number, lang, now, survey: false, by_keys: false, errand: None, call_id: "trial".into() }
}

/// Nothing that happens in it reaches the operator's systems, a customer's account or a list of ours; what is said is written down in `records`, or nowhere.
pub(super) async fn apart(house: &Services, now: DateTime, records: Option<Database>) -> Result<Arc<Services>, StoreError> {
    let database = Database::temporary().await?;
    let clock: Clock = Arc::new(move || now);
    Ok(Arc::new(Services {
        edition: house.edition.clone(),
        engine: house.engine.clone(),
        router: house.router.clone(),
        grammars: house.grammars.clone(),
        operator: Arc::new(DemoOperator::new(database.clone(), clock)),
        work_orders: house.work_orders.beside(database.clone()),
        outbox: Arc::new(FileOutbox::beside(&database)),
        records: records.unwrap_or_else(|| database.clone()),
        database,
    }))
}
