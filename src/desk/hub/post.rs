//! What the desk's task knows, and the callers' side of it. Nothing here waits.

use super::handing_on::HandedOn;
use super::phones::{PhoneOf, Telephones};
use super::stations::AtStation;
use super::{Books, LinkId, Message};
use crate::call::conference::Party;
use crate::call::transfer::{Case, FromCall, ToCall};
use crate::desk::engine::{Action, Desk, Event, Failure, Status};
use crate::desk::queue::{AgentId, CallerId, Want};
use crate::desk::rules::Rules;
use crate::desk::station::ToAgent;
use crate::desk::wall::{Board, skills_text};
use crate::dialog::TransferFailure;
use crate::store::{CallBackReason, StoreError};
use crate::text::{PhoneNumber, Value};
use jiff::civil::DateTime;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{Sender, WeakSender};
use tokio::sync::watch;

/// A promise that cannot be written down by then is none.
const KEPT_WITHIN: Duration = Duration::from_millis(1_500);
/// How often it is asked whether promised calls are made, in seconds.
const CALL_BACKS_EVERY_S: i64 = 2;
/// So much of a call's queue is left to what is not sound.
const NOT_SOUND: usize = 64;

/// See the module's text.
pub(super) struct Post {
    pub engine: Desk,
    pub books: Books,
    pub telephones: Option<Telephones>,
    pub inbox: WeakSender<Message>,
    pub callers: BTreeMap<CallerId, Caller>,
    /// Callers for whom a telephone rings, or who talk to it.
    pub handed_on: BTreeMap<CallerId, HandedOn>,
    pub stations: BTreeMap<AgentId, AtStation>,
    pub board: watch::Sender<Arc<Board>>,
    /// Whether callers who would rather be called back are.
    calls_back: bool,
    /// When that was asked for last.
    asked_at: Option<DateTime>,
    now: DateTime,
    links: u64,
    parties: u32,
}

/// A call that wants a person, or has one.
pub(super) struct Caller {
    pub case: Case,
    to_call: Sender<ToCall>,
    /// Since when he waits, and for which skills; `None` when that is over.
    pub waits: Option<(DateTime, String)>,
}

impl Caller {
    pub fn tell(&self, what: ToCall) {
        let is_sound = matches!(what, ToCall::Sound { .. });
        if is_sound && self.to_call.capacity() <= NOT_SOUND {
            return;
        }
        // A call that is over says so itself.
        let _ = self.to_call.try_send(what);
    }
}

impl Post {
    pub fn new(
        rules: Rules,
        books: Books,
        telephones: Option<Telephones>,
        inbox: WeakSender<Message>,
        board: watch::Sender<Arc<Board>>,
    ) -> Post {
        let now = (books.clock)();
        let (callers, handed_on, stations) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Post {
            engine: Desk::new(rules),
            books,
            telephones,
            inbox,
            callers,
            handed_on,
            stations,
            board,
            calls_back: true,
            asked_at: None,
            now,
            links: 0,
            parties: 0,
        }
    }

    /// The present moment; never before an earlier one, whatever the clock does.
    pub fn now(&mut self) -> DateTime {
        self.now = self.now.max((self.books.clock)());
        self.now
    }

    pub fn next_link(&mut self) -> LinkId {
        self.links += 1;
        LinkId(self.links)
    }

    pub fn next_party(&mut self) -> Party {
        self.parties = self.parties.wrapping_add(1);
        Party(self.parties)
    }

    pub fn take(&mut self, message: Message) {
        match message {
            Message::Asked { case, to_call } => self.asked(*case, to_call),
            Message::FromCall { caller, what } => self.told_by_call(&caller, what),
            Message::CallerGone { caller } => self.caller_gone(&caller),
            Message::Opened { person, to_agent, answer } => {
                let link = self.opened(person, to_agent);
                // Whoever asked may be gone: then the line is closed, too.
                let _ = answer.send(link);
            }
            Message::FromAgent { agent, link, what } => self.told_by_agent(&agent, link, what),
            Message::FromPhone { of: PhoneOf::Agent(agent), link, what } => self.told_by_phone(&agent, link, what),
            Message::FromPhone { of: PhoneOf::Caller(caller), link, what } => self.told_by_other(&caller, link, what),
            Message::CallsBack(calls_back) => self.calls_back = calls_back,
            Message::CallBack { caller, kept } => self.call_back(&caller, kept),
            Message::OrderOpened { agent, number } => self.order_opened(&agent, number),
            Message::NotKept { agent } => self.refuse(&agent, crate::desk::station::Refusal::NotKept),
        }
    }

    /// Time passes.
    pub fn look(&mut self) {
        self.look_at_lines();
        self.look_at_call_backs();
        self.step(Event::Tick);
    }

    /// Asks now and then whether promised calls are made at all: operators pause and cancel the campaign that makes them.
    fn look_at_call_backs(&mut self) {
        let now = self.now();
        let is_due = self.asked_at.is_none_or(|at| now.duration_since(at).as_secs() >= CALL_BACKS_EVERY_S);
        let Some(inbox) = self.inbox.upgrade().filter(|_| is_due) else { return };
        self.asked_at = Some(now);
        let database = self.books.database.clone();
        tokio::spawn(async move {
            match database.call_backs().are_made(CallBackReason::Queue).await {
                // The desk is gone only when everything ends.
                Ok(calls_back) => drop(inbox.send(Message::CallsBack(calls_back)).await),
                Err(error) => tracing::warn!(%error, "whether callers are called back could not be read"),
            }
        });
    }

    pub fn step(&mut self, event: Event) {
        let now = self.now();
        for action in self.engine.step(now, event) {
            self.carry_out(action);
        }
        self.let_phones_go();
        self.let_others_go();
        self.show_views();
    }

    fn carry_out(&mut self, action: Action) {
        match action {
            Action::Ring { agent, caller } => self.show_case(&agent, &caller),
            Action::StopRinging { .. } => {}
            Action::Connect { agent, caller } => {
                self.waited(&caller, "answered");
                self.connect(&agent, &caller);
            }
            Action::Tell { caller, place, expected_s } => {
                let can_be_called = self.callers.get(&caller).is_some_and(|caller| caller.case.caller.is_some()) && self.calls_back;
                self.tell(&caller, ToCall::Place { place, expected_s, can_be_called });
            }
            Action::Back { caller, why } => {
                self.waited(&caller, why.name());
                let why = self.failure(why);
                self.let_go(&caller, ToCall::Back(why));
            }
            Action::Served { caller } => self.let_go(&caller, ToCall::Served),
            Action::Lost { caller } => {
                self.empty(&caller);
                self.tell(&caller, ToCall::Lost);
            }
            Action::PassedOn { agent, caller, skill } => self.passed_on(agent, &caller, skill),
            Action::CallOver { agent, caller } => self.call_over(&agent, &caller),
        }
    }

    fn failure(&mut self, why: Failure) -> TransferFailure {
        match why {
            Failure::Closed => TransferFailure::Closed { opens: self.engine.rules().hours.next_open(self.now) },
            Failure::Full => TransferFailure::Busy,
            Failure::Nobody => TransferFailure::Nobody,
            Failure::Declined => TransferFailure::Declined,
            Failure::TooLong => TransferFailure::NoAnswer,
            Failure::AgentLost => TransferFailure::AgentLost,
        }
    }

    pub fn tell(&self, caller: &CallerId, what: ToCall) {
        if let Some(caller) = self.callers.get(caller) {
            caller.tell(what);
        }
    }

    /// The caller is the call's own again.
    pub(super) fn let_go(&mut self, id: &CallerId, last: ToCall) {
        self.empty(id);
        if let Some(caller) = self.callers.remove(id) {
            self.keep_case(&caller.case);
            self.handed_on.remove(id);
            caller.tell(last);
        }
    }

    fn asked(&mut self, case: Case, to_call: Sender<ToCall>) {
        let caller = CallerId(case.call_id.clone());
        let want = self.want(&case);
        let waits = Some((self.now(), skills_text(&want.needed.union(&want.wished).cloned().collect())));
        self.callers.insert(caller.clone(), Caller { case, to_call, waits });
        self.step(Event::Arrived { caller, want });
    }

    fn want(&self, case: &Case) -> Want {
        let rules = self.engine.rules();
        let level = match case.known.as_ref().and_then(|known| known.get("level")) {
            Some(Value::Text(level) | Value::Code(level)) => Some(level.clone()),
            _ => None,
        };
        Want {
            needed: [case.lang.code().to_owned()].into(),
            wished: case.intent.and_then(|intent| rules.wanted.get(&intent)).cloned().into_iter().collect(),
            level,
            urgent: case.intent.is_some_and(|intent| rules.urgent.contains(&intent)),
            can_be_called: case.caller.is_some(),
        }
    }

    fn caller_gone(&mut self, id: &CallerId) {
        // A call that was let go has no place here any more.
        if self.callers.contains_key(id) {
            self.waited(id, "left");
            self.step(Event::Left { caller: id.clone() });
            self.empty(id);
            if let Some(caller) = self.callers.remove(id) {
                self.keep_case(&caller.case);
            }
            self.handed_on.remove(id);
            self.show_views();
        }
    }

    fn told_by_call(&mut self, id: &CallerId, what: FromCall) {
        let Some(caller) = self.callers.get_mut(id) else { return };
        let shown = match what {
            FromCall::Sound { party, frame } => return self.play(party, frame),
            FromCall::Recorded(kept) => {
                caller.case.kept = kept;
                return self.show_views();
            }
            FromCall::ChoseCallBack => return self.keep_call_back(id),
            FromCall::Said(remark) => {
                if !remark.partial {
                    caller.case.transcript.push(remark.clone());
                }
                ToAgent::Said(remark)
            }
            FromCall::Known(known) => {
                caller.case.known = Some(known.clone());
                ToAgent::Known(known)
            }
            FromCall::Suggests(suggestions) => {
                caller.case.suggestions.clone_from(&suggestions);
                ToAgent::Suggests(suggestions)
            }
            FromCall::Keys(keys) => ToAgent::Keys(keys),
        };
        self.show_all(id, &shown);
    }

    fn keep_call_back(&mut self, id: &CallerId) {
        let Some((case, inbox)) = self.callers.get(id).map(|caller| &caller.case).zip(self.inbox.upgrade()) else { return };
        let (number, lang, call, caller) = (case.caller.clone(), case.lang, case.call_id.clone(), id.clone());
        let (database, now) = (self.books.database.clone(), self.now());
        tokio::spawn(async move {
            let kept = match number {
                Some(number) => keep(&database, &number, &call, lang, now).await,
                None => false,
            };
            // The desk is gone only when everything ends.
            let _ = inbox.send(Message::CallBack { caller, kept }).await;
        });
    }

    fn call_back(&mut self, id: &CallerId, kept: bool) {
        if !kept {
            return self.tell(id, ToCall::CallBackFailed);
        }
        // Somebody took the caller meanwhile: then they talk now, and speak of the call back.
        let talks = self.engine.agents().any(|(_, agent)| matches!(&agent.status, Status::Talking { caller, .. } if caller == id));
        if talks || !self.callers.contains_key(id) {
            return;
        }
        self.waited(id, "called_back");
        self.step(Event::Left { caller: id.clone() });
        self.let_go(id, ToCall::CallBackKept);
        self.show_views();
    }
}

async fn keep(database: &crate::store::Database, number: &PhoneNumber, call: &str, lang: crate::text::Lang, now: DateTime) -> bool {
    let key = format!("{call}/queue");
    let promise = async {
        let is_made = database.call_backs().are_made(CallBackReason::Queue).await?;
        if is_made {
            database.call_backs().keep(&key, number, call, lang, now).await?;
        }
        Ok::<bool, StoreError>(is_made)
    };
    match tokio::time::timeout(KEPT_WITHIN, promise).await {
        Ok(Ok(kept)) => kept,
        Ok(Err(error)) => {
            tracing::error!(call, %error, "a call back could not be promised");
            false
        }
        Err(_) => {
            tracing::error!(call, "a call back could not be promised: the database does not answer");
            false
        }
    }
}
