//! What a call needs from the house, shared by all calls.

use super::editions::Edition;
use crate::asr::{SpokenAnswer, Transcript, Verdict};
use crate::business::{self, Failure, Operator};
use crate::care::{Answered, Draft, Notice, Outbox, WorkOrders, enquiry, incident};
use crate::dialog::{Answer, Conclusion, Engine, Opening, RequestKind};
use crate::grammar::{Completeness, Constraint, Library};
use crate::nlu::{Expectation, Heard, Router};
use crate::store::{Channel, Database, Reached, Refusal, StoreError};
use crate::text::{Lang, PhoneNumber, Record, Value};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// A look-up that takes longer is answered as unavailable: the caller hears a way out instead of silence.
const PATIENCE: Duration = Duration::from_secs(10);
/// The number of an order that the customer says is not settled.
const REOPENS: &str = "reopens";

/// See the module's text.
pub struct Services {
    /// The version of flows, grammars and example sentences; see [`Edition`].
    pub edition: String,
    pub engine: Engine,
    pub router: Arc<Router>,
    /// The grammars of questions, which the recogniser and the ear are told about.
    pub grammars: Arc<Library>,
    pub operator: Arc<dyn Operator>,
    pub work_orders: WorkOrders,
    /// What is written to customers.
    pub outbox: Arc<dyn Outbox>,
    /// Where everything is kept that comes of calls.
    pub database: Database,
    /// Where calls are written down: the same, but for test calls, of which nothing else remains.
    pub records: Database,
}

/// Longer than this nobody waits for what is only good to know.
const KNOWN_WITHIN: Duration = Duration::from_millis(1_500);

/// A field that is text.
fn text_of(record: Option<&Record>, field: &str) -> Option<String> {
    match record?.get(field)? {
        Value::Text(text) | Value::Code(text) => Some(text.clone()),
        _ => None,
    }
}

/// A request of the dialog to another system.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    pub kind: RequestKind,
    pub operation: String,
    pub arguments: Record,
    /// Whose account.
    pub customer: Option<PhoneNumber>,
    pub idempotency_key: Option<String>,
    /// Not worth a longer wait.
    pub within_ms: Option<u32>,
}

/// Terms of a question that the recogniser is told at most; each costs time at every decode.
const MOST_TERMS: usize = 14;

impl Services {
    /// The same house with another edition.
    pub(super) fn with(&self, edition: Edition) -> Services {
        Services {
            edition: edition.id,
            engine: edition.engine,
            router: edition.router,
            grammars: edition.grammars,
            operator: self.operator.clone(),
            work_orders: self.work_orders.clone(),
            outbox: self.outbox.clone(),
            database: self.database.clone(),
            records: self.records.clone(),
        }
    }

    /// Words that the present question expects, its own before those of its grammar.
    pub fn terms(&self, lang: Lang, expectation: &Expectation) -> Vec<String> {
        let grammar = expectation.grammar.as_deref().and_then(|name| self.grammars.get(lang, name));
        let common = grammar.map(|grammar| grammar.terms(MOST_TERMS)).unwrap_or_default();
        let mut terms: Vec<String> = expectation.terms.iter().chain(&common).cloned().collect();
        terms.truncate(MOST_TERMS);
        terms
    }

    /// What binds the recogniser to answers of the question; `None` for open questions and for grammars that cannot bind.
    pub fn constraint(&self, lang: Lang, expectation: &Expectation) -> Option<Arc<Constraint>> {
        self.grammars.constraint(lang, expectation.grammar.as_deref()?)?.ok()
    }

    /// Whether what was heard up to a pause is all, so that nobody needs to wait for more: its text, or its accepted reading, answers the question and nothing could
    /// follow that would change it, or nothing was said but that a person is wanted, who may hear the rest. Not so the reading of a number: it is whole
    /// however many digits were said.
    pub fn is_all(&self, lang: Lang, expectation: &Expectation, constraint: Option<&Constraint>, heard: &Transcript) -> bool {
        if self.wants_a_person(lang, heard) {
            return true;
        }
        let words = constraint.filter(|constraint| !constraint.in_figures());
        let answer = words.and_then(|words| SpokenAnswer::of(words, heard)).filter(|answer| answer.verdict == Verdict::Accept);
        let text = answer.as_ref().filter(|_| heard.text.is_empty()).map_or(heard.text.as_str(), |answer| answer.text.as_str());
        let grammar = expectation.grammar.as_deref().and_then(|name| self.grammars.get(lang, name));
        grammar.is_some_and(|grammar| grammar.complete(text) == Completeness::CompleteAndClosed)
    }

    /// Whether nothing was said but that a person is wanted.
    pub fn wants_a_person(&self, lang: Lang, heard: &Transcript) -> bool {
        self.router.wants_a_person(Heard { text: &heard.text, hearing_confidence: Some(heard.confidence) }, lang)
    }

    /// Carries a request out; never longer than ten seconds.
    pub async fn perform(&self, request: Request, opening: &Opening) -> Answer {
        let patience = request.within_ms.map_or(PATIENCE, |ms| PATIENCE.min(Duration::from_millis(ms.into())));
        let work = async {
            match request.kind {
                RequestKind::LookUp if request.operation == enquiry::WORK_ORDERS => self.follow_orders(request, opening).await,
                RequestKind::LookUp if request.operation == incident::INCIDENT => self.incident(request, opening).await,
                RequestKind::LookUp | RequestKind::Change => self.ask_operator(request).await,
                RequestKind::OpenWorkOrder => self.open_work_order(request, opening).await,
                RequestKind::Notify => self.notify(request, opening).await,
                RequestKind::Survey => self.keep_answer(request, opening).await,
                RequestKind::Conclude => self.conclude(request, opening).await,
            }
        };
        tokio::time::timeout(patience, work).await.unwrap_or(Answer::Unavailable)
    }

    async fn ask_operator(&self, request: Request) -> Answer {
        let Some(customer) = request.customer else { return Answer::NotFound };
        let request = business::Request {
            customer,
            operation: request.operation,
            arguments: request.arguments,
            idempotency_key: request.idempotency_key,
        };
        match self.operator.execute(request).await {
            Ok(reply) => Answer::Done(reply),
            Err(Failure::NotFound) => Answer::NotFound,
            Err(Failure::Refused(reason)) => Answer::Refused(reason),
            Err(Failure::Unavailable) => Answer::Unavailable,
            Err(Failure::Bad(reason)) => {
                tracing::error!(reason, "a flow asked the operator's system for something it does not understand");
                Answer::Unavailable
            }
        }
    }

    /// Our own orders are told even when the operator's systems are silent.
    async fn follow_orders(&self, request: Request, opening: &Opening) -> Answer {
        let Some(customer) = request.customer else { return Answer::NotFound };
        let own = match self.work_orders.of_customer(&customer).await {
            Ok(own) => own,
            Err(error) => {
                tracing::error!(call = opening.call_id, %error, "work orders could not be read");
                return Answer::Unavailable;
            }
        };
        let orders = business::Request { customer, operation: "orders".into(), arguments: Record::new(), idempotency_key: None };
        let theirs = match self.operator.execute(orders).await {
            Ok(reply) => Some(reply),
            Err(Failure::NotFound | Failure::Refused(_)) => None,
            Err(_) if own.is_empty() => return Answer::Unavailable,
            Err(_) => None,
        };
        let class = match request.arguments.get("class") {
            Some(Value::Text(class)) => Some(class.as_str()),
            _ => None,
        };
        let reply = enquiry::reply(&own, theirs.as_ref(), class, &self.work_orders.handbook().classes, opening.now);
        reply.map_or(Answer::NotFound, Answer::Done)
    }

    /// With the argument `reopens` an order that is said not to be settled.
    async fn open_work_order(&self, mut request: Request, opening: &Opening) -> Answer {
        let unsettled = match request.arguments.remove(REOPENS) {
            Some(Value::Code(number) | Value::Text(number)) => Some(number),
            _ => None,
        };
        let mut draft = Draft::from_arguments(&request.operation, request.arguments, request.customer.clone(), &opening.call_id);
        draft.lang = opening.lang;
        if let Some(customer) = request.customer {
            let known = self.customer(customer).await;
            draft.area = text_of(known.as_ref(), "area");
            draft.level = draft.level.or_else(|| text_of(known.as_ref(), "level"));
        }
        let key = request.idempotency_key.unwrap_or_else(|| format!("{}/{}", opening.call_id, request.operation));
        let taken = match unsettled {
            Some(number) => self.work_orders.take_up(&number, draft, &key, opening.now).await,
            None => self.work_orders.open(draft, &key, opening.now).await,
        };
        match taken {
            Ok(order) => Answer::Done(order.reply()),
            Err(error) => {
                tracing::error!(call = opening.call_id, %error, "a work order could not be opened");
                Answer::Unavailable
            }
        }
    }

    /// What is broken where the caller lives.
    async fn incident(&self, request: Request, opening: &Opening) -> Answer {
        let Some(customer) = request.customer else { return Answer::NotFound };
        let Some(area) = text_of(self.customer(customer).await.as_ref(), "area") else { return Answer::NotFound };
        match self.work_orders.incident_for(&area, opening.now).await {
            Ok(incident) => incident.map_or(Answer::NotFound, Answer::Done),
            Err(error) => {
                tracing::error!(call = opening.call_id, %error, "incidents could not be read");
                Answer::Unavailable
            }
        }
    }

    /// What the operator knows of a customer, when it says so soon: nothing waits for it.
    pub(super) async fn customer(&self, customer: PhoneNumber) -> Option<Record> {
        let request = business::Request { customer, operation: "customer".into(), arguments: Record::new(), idempotency_key: None };
        tokio::time::timeout(KNOWN_WITHIN, self.operator.execute(request)).await.ok()?.ok()
    }

    async fn notify(&self, request: Request, opening: &Opening) -> Answer {
        let (Some(to), Some(Value::Text(text)), Some(key)) = (request.customer, request.arguments.get("text"), request.idempotency_key)
        else {
            return Answer::NotFound;
        };
        // The courier knows better where one carries them on.
        let channel = Channel::default();
        let notice = Notice { key, to, text: text.clone(), about: opening.call_id.clone(), channel, at: opening.now };
        match self.outbox.put(notice).await {
            Ok(()) => Answer::Done(Record::new()),
            Err(error) => {
                tracing::error!(call = opening.call_id, %error, "a notice could not be written");
                Answer::Unavailable
            }
        }
    }

    /// Who wants no more calls gets none from this moment on, and what a call came to is written down, whatever becomes of the call.
    async fn conclude(&self, request: Request, opening: &Opening) -> Answer {
        let conclusion = Conclusion::read(&request.operation, &request.arguments);
        let (Some(conclusion), Some(customer)) = (conclusion, request.customer) else { return Answer::Done(Record::new()) };
        if let Err(error) = self.reach(conclusion, &customer).await {
            tracing::error!(call = opening.call_id, %error, "what a call came to could not be written down; it is tried again at its end");
        }
        if conclusion != Conclusion::OptedOut {
            return Answer::Done(Record::new());
        }
        let refusal = Refusal { campaign: None, reason: "spoken", author: "service", at: Timestamp::now() };
        match self.database.do_not_call().add(&customer, refusal).await {
            Ok(_) => Answer::Done(Record::new()),
            Err(error) => {
                tracing::error!(call = opening.call_id, %error, "who wants no more calls could not be noted; it is tried again at the end of the call");
                Answer::Unavailable
            }
        }
    }

    async fn reach(&self, said: Conclusion, customer: &PhoneNumber) -> Result<(), StoreError> {
        let attempts = self.database.contact_attempts();
        let before = attempts.reached(customer).await?.and_then(|Reached { conclusion, later }| Conclusion::named(&conclusion, later));
        let conclusion = before.map_or(said, |before| before.then(said));
        let later = if let Conclusion::Later(at) = conclusion { at } else { None };
        attempts.reach(customer, &Reached { conclusion: conclusion.name().to_owned(), later }).await
    }

    async fn keep_answer(&self, request: Request, opening: &Opening) -> Answer {
        let Some(key) = request.idempotency_key else { return Answer::NotFound };
        let who = Answered { customer: request.customer.as_ref(), call: &opening.call_id, key: &key, at: opening.now };
        match self.work_orders.keep_answer(&request.operation, request.arguments, who).await {
            Ok(()) => Answer::Done(Record::new()),
            Err(error) => {
                tracing::error!(call = opening.call_id, %error, "an answer to a survey could not be kept");
                Answer::Unavailable
            }
        }
    }
}
