//! The agents' side of the desk's task: lines to stations, who hears which call, what is done afterwards.

use super::phones::Phone;
use super::post::Post;
use super::{LinkId, Message};
use crate::call::conference::{Party, Role};
use crate::call::line::Frame;
use crate::call::transfer::{Case, ToCall};
use crate::care::Draft;
use crate::desk::engine::{Event, Status};
use crate::desk::queue::{AgentId, CallerId};
use crate::desk::station::{FromAgent, Person, Refusal, ToAgent, View};
use crate::store::{CallEvent, StoreError};
use crate::text::{Lang, PhoneNumber, Record, Value};
use jiff::civil::DateTime;
use std::sync::Arc;
use tokio::sync::mpsc::Sender;

/// A note that cannot be written is tried so often, each time for as long as the database lets a writer wait.
const NOTE_TRIES: u32 = 12;

/// Somebody's place, with or without a line to it.
pub(super) struct AtStation {
    pub person: Person,
    pub line: Option<(LinkId, Sender<ToAgent>)>,
    /// The call to his telephone.
    pub phone: Option<Phone>,
    /// Since when there is none.
    pub lost: Option<DateTime>,
    /// Took calls when the line broke.
    was_ready: bool,
    /// In the call that goes on.
    pub party: Option<Party>,
    /// The last sound that came since one is in it.
    sound_at: Option<DateTime>,
    pub held: bool,
    /// In a call beside its agent.
    pub beside: Option<(CallerId, Party, Role)>,
    /// The last call, for what is written down afterwards.
    last: Option<Last>,
    /// What was known of the last call when it ended: a page that is opened again writes down the rest with it.
    last_case: Option<Box<Case>>,
    pub shown: Option<Arc<View>>,
}

#[derive(Clone)]
struct Last {
    call_id: String,
    since: DateTime,
    number: Option<PhoneNumber>,
    level: Option<String>,
    lang: Lang,
    orders: u32,
}

impl AtStation {
    pub fn tell(&self, what: ToAgent) {
        if let Some((_, line)) = &self.line {
            // A station that takes nothing any more is noticed at the next look.
            let _ = line.try_send(what);
        }
    }
}

impl Post {
    pub(super) fn opened(&mut self, person: Person, line: Sender<ToAgent>) -> LinkId {
        let link = self.next_link();
        let id = person.id.clone();
        let (agent, skills) = (id.clone(), person.skills.clone());
        let before = self.stations.get_mut(&id);
        let was_ready = before.as_ref().is_some_and(|station| station.was_ready);
        if let Some((_, old)) = before.and_then(|station| station.line.take()) {
            let _ = old.try_send(ToAgent::Replaced);
        }
        let new = || AtStation {
            person: person.clone(),
            line: None,
            phone: None,
            lost: None,
            was_ready: false,
            party: None,
            sound_at: None,
            held: false,
            beside: None,
            last: None,
            last_case: None,
            shown: None,
        };
        let station = self.stations.entry(id.clone()).or_insert_with(new);
        station.person = person;
        station.line = Some((link, line));
        (station.lost, station.was_ready, station.shown) = (None, false, None);
        self.step(Event::SignedIn { agent, skills });
        match self.status(&id) {
            Some(Status::Talking { caller, .. }) => {
                self.show_case(&id, &caller);
                // A conversation on a telephone has gone on meanwhile.
                if self.stations.get(&id).is_some_and(|station| !station.is_on_phone()) {
                    self.connect(&id, &caller);
                }
            }
            Some(Status::Ringing { caller, .. }) => self.show_case(&id, &caller),
            Some(Status::WrapUp { .. }) => self.show_last_case(&id),
            _ if was_ready => self.step(Event::Ready { agent: id }),
            _ => {}
        }
        link
    }

    pub(super) fn status(&self, id: &AgentId) -> Option<Status> {
        self.engine.agents().find(|(agent, _)| *agent == id).map(|(_, agent)| agent.status.clone())
    }

    pub(super) fn talks_with(&self, id: &AgentId) -> Option<CallerId> {
        match self.status(id) {
            Some(Status::Talking { caller, .. }) => Some(caller),
            _ => None,
        }
    }

    /// Lines that broke, and stations to which nobody came back.
    pub(super) fn look_at_lines(&mut self) {
        let (now, quiet_line, come_back_s) = (self.now(), self.engine.rules().quiet_line, self.engine.rules().come_back_s);
        // A page sends sound all the time that its agent is in a call, muted or not; a network that is gone tells nobody.
        let is_quiet = |station: &AtStation| station.party.and(station.sound_at).is_some_and(|at| now.duration_since(at) >= quiet_line);
        let is_broken = |station: &AtStation| station.line.as_ref().is_some_and(|(_, line)| line.is_closed() || is_quiet(station));
        let broken: Vec<AgentId> = self.stations.iter().filter(|(_, station)| is_broken(station)).map(|(id, _)| id.clone()).collect();
        broken.iter().for_each(|id| self.interrupted(id));
        let is_gone = |station: &AtStation| {
            !station.is_on_phone() && station.lost.is_some_and(|since| now.duration_since(since).as_secs() >= come_back_s)
        };
        let gone: Vec<AgentId> = self.stations.iter().filter(|(_, station)| is_gone(station)).map(|(id, _)| id.clone()).collect();
        for agent in gone {
            self.stations.remove(&agent);
            self.step(Event::Gone { agent });
        }
    }

    fn interrupted(&mut self, id: &AgentId) {
        let now = self.now();
        self.quit(id);
        let Some(station) = self.stations.get_mut(id) else { return };
        (station.line, station.lost) = (None, Some(now));
        if station.is_on_phone() {
            return self.show_views();
        }
        (station.party, station.held) = (None, false);
        match self.status(id) {
            // Whoever takes no calls and closes the page has left; nothing was interrupted.
            Some(Status::Away) => {
                self.stations.remove(id);
                self.step(Event::Gone { agent: id.clone() });
            }
            Some(Status::Talking { caller, .. }) => {
                self.empty(&caller);
                self.tell(&caller, ToCall::Interrupted);
                self.show_views();
            }
            Some(Status::Ringing { .. } | Status::Ready) => {
                if let Some(station) = self.stations.get_mut(id) {
                    station.was_ready = true;
                }
                self.step(Event::Away { agent: id.clone() });
            }
            _ => self.show_views(),
        }
    }

    pub(super) fn connect(&mut self, id: &AgentId, caller: &CallerId) {
        let party = self.next_party();
        let Some(case) = self.callers.get(caller).map(|caller| &caller.case) else { return };
        let level = match case.known.as_ref().and_then(|known| known.get("level")) {
            Some(Value::Text(level) | Value::Code(level)) => Some(level.clone()),
            _ => None,
        };
        let (call_id, since, number, lang) = (case.call_id.clone(), case.since, case.caller.clone(), case.lang);
        self.quit(id);
        let Some(station) = self.stations.get_mut(id) else { return };
        let orders = station.last.as_ref().filter(|last| last.call_id == call_id).map_or(0, |last| last.orders);
        station.last = Some(Last { call_id, since, number, level, lang, orders });
        (station.held, station.sound_at) = (false, None);
        let before = station.party.replace(party);
        if let Some(party) = before {
            self.tell(caller, ToCall::Unseat { party });
        }
        self.tell(caller, ToCall::Seat { party, role: Role::Agent, name: id.0.clone() });
    }

    pub(super) fn call_over(&mut self, id: &AgentId, caller: &CallerId) {
        let Some(station) = self.stations.get_mut(id) else { return };
        station.held = false;
        if let Some(party) = station.party.take() {
            self.tell(caller, ToCall::Unseat { party });
        }
    }

    /// Nobody is in this call any more.
    pub(super) fn empty(&mut self, caller: &CallerId) {
        let talking: Vec<AgentId> = self.stations.keys().filter(|id| self.talks_with(id).is_none()).cloned().collect();
        for (id, station) in &mut self.stations {
            if talking.contains(id) {
                station.party = None;
                station.held = false;
            }
            station.beside.take_if(|(beside, ..)| beside == caller);
        }
    }

    /// Out of the call that one is in beside its agent.
    pub(super) fn quit(&mut self, id: &AgentId) {
        if let Some((caller, party, _)) = self.stations.get_mut(id).and_then(|station| station.beside.take()) {
            self.tell(&caller, ToCall::Unseat { party });
        }
    }

    pub(super) fn told_by_agent(&mut self, id: &AgentId, link: LinkId, what: FromAgent) {
        let Some(station) = self.stations.get_mut(id).filter(|station| station.line.as_ref().is_some_and(|(own, _)| *own == link)) else {
            return;
        };
        let agent = id.clone();
        match what {
            FromAgent::Sound(samples) => self.sound(id, samples),
            FromAgent::Ready => self.step(Event::Ready { agent }),
            FromAgent::Away => self.step(Event::Away { agent }),
            FromAgent::Accept => self.accept(id),
            FromAgent::Decline => self.step(Event::Declined { agent }),
            FromAgent::HangUp => self.step(Event::HungUp { agent }),
            FromAgent::Hold(held) => {
                station.held = held && station.party.is_some();
                self.tell_hold(id);
            }
            FromAgent::HandOn { to } => self.hand_on(id, &to),
            FromAgent::PassOn { skill, note } => self.pass_on(id, skill, &note),
            FromAgent::Keep => self.keep_caller(id),
            FromAgent::PauseRecording(paused) => {
                if let Some(caller) = self.talks_with(id) {
                    self.tell(&caller, ToCall::PauseRecording { paused, by: agent.0 });
                }
            }
            FromAgent::WrapUp { disposition, note } => self.wrap_up(id, disposition, note),
            FromAgent::OpenOrder { class, text } => self.open_order(id, class, text),
            FromAgent::Quit => {
                self.quit(id);
                self.show_views();
            }
            FromAgent::Join { .. } | FromAgent::TakeOver { .. } if !station.person.leads => self.refuse(id, Refusal::NotYours),
            FromAgent::Join { caller, role } => self.join(id, caller, role),
            FromAgent::TakeOver { caller } => self.take_over(id, caller),
        }
    }

    /// Tells the call whether the caller is on hold.
    pub(super) fn tell_hold(&mut self, id: &AgentId) {
        if let (Some(caller), Some(station)) = (self.talks_with(id), self.stations.get(id)) {
            self.tell(&caller, ToCall::Hold(station.is_holding()));
        }
        self.show_views();
    }

    pub(super) fn refuse(&self, id: &AgentId, why: Refusal) {
        if let Some(station) = self.stations.get(id) {
            station.tell(ToAgent::Refused(why));
        }
    }

    fn sound(&mut self, id: &AgentId, samples: Vec<f32>) {
        let now = self.now();
        let Some(station) = self.stations.get_mut(id).filter(|station| !station.is_on_phone()) else { return };
        station.sound_at = Some(now);
        let (party, beside) = (station.party, station.beside.clone());
        match (party, beside, self.talks_with(id)) {
            (Some(party), _, Some(caller)) => self.tell(&caller, ToCall::Sound { party, samples }),
            (_, Some((caller, party, _)), _) => self.tell(&caller, ToCall::Sound { party, samples }),
            _ => {}
        }
    }

    fn join(&mut self, id: &AgentId, caller: CallerId, role: Role) {
        let goes_on =
            self.engine.agents().any(|(_, agent)| matches!(&agent.status, Status::Talking { caller: present, .. } if *present == caller));
        if !goes_on || self.talks_with(id).is_some() || role == Role::Agent {
            return self.refuse(id, Refusal::NoCall);
        }
        let party = match self.stations.get(id).and_then(|station| station.beside.clone()) {
            Some((beside, party, _)) if beside == caller => party,
            _ => {
                self.quit(id);
                self.show_case(id, &caller);
                self.next_party()
            }
        };
        if let Some(station) = self.stations.get_mut(id) {
            station.beside = Some((caller.clone(), party, role));
        }
        self.tell(&caller, ToCall::Seat { party, role, name: id.0.clone() });
        self.show_views();
    }

    /// What somebody hears of a call.
    pub(super) fn play(&self, party: Party, frame: Box<Frame>) {
        let hears = |station: &&super::stations::AtStation| {
            station.party == Some(party) || station.beside.as_ref().is_some_and(|(_, own, _)| *own == party)
        };
        match self.stations.values().find(hears) {
            Some(station) if station.is_on_phone() => station.play_on_phone(frame),
            Some(station) => station.tell(ToAgent::Sound(frame)),
            None => self.play_to_other(party, frame),
        }
    }

    pub(super) fn show_case(&self, id: &AgentId, caller: &CallerId) {
        if let (Some(station), Some(known)) = (self.stations.get(id), self.callers.get(caller)) {
            station.tell(ToAgent::Case { caller: caller.clone(), case: Box::new(known.case.clone()) });
        }
    }

    fn show_last_case(&self, id: &AgentId) {
        let Some((station, last)) = self.stations.get(id).and_then(|station| Some((station, station.last.as_ref()?))) else { return };
        let caller = CallerId(last.call_id.clone());
        // A call that somebody else took over still goes on.
        match (self.callers.contains_key(&caller), &station.last_case) {
            (true, _) => self.show_case(id, &caller),
            (false, Some(case)) => station.tell(ToAgent::Case { caller, case: case.clone() }),
            (false, None) => {}
        }
    }

    /// The call is over for everybody here: who had it last keeps what is known of it.
    pub(super) fn keep_case(&mut self, case: &Case) {
        let had = |station: &&mut AtStation| station.last.as_ref().is_some_and(|last| last.call_id == case.call_id);
        for station in self.stations.values_mut().filter(had) {
            station.last_case = Some(Box::new(case.clone()));
        }
    }

    /// Shows something of a call to everybody who has it.
    pub(super) fn show_all(&self, caller: &CallerId, what: &ToAgent) {
        for (id, agent) in self.engine.agents() {
            let has = matches!(&agent.status, Status::Ringing { caller: own, .. } | Status::Talking { caller: own, .. } if own == caller);
            if let Some(station) = self.stations.get(id)
                && (has || station.beside.as_ref().is_some_and(|(beside, ..)| beside == caller))
            {
                station.tell(what.clone());
            }
        }
    }

    fn wrap_up(&mut self, id: &AgentId, disposition: String, note: String) {
        let known = disposition.is_empty() || self.engine.rules().dispositions.iter().any(|known| known.id == disposition);
        let now = self.now();
        let Some(last) = self.stations.get(id).and_then(|station| station.last.clone()) else { return self.refuse(id, Refusal::NoCall) };
        if !known {
            return self.refuse(id, Refusal::NoDisposition);
        }
        let text = |name: &str, text: String| (name.to_owned(), Value::Text(text));
        let detail = Record::from([text("agent", id.0.clone()), text("disposition", disposition), text("note", note)]);
        let at_ms = u32::try_from(now.duration_since(last.since).as_millis()).unwrap_or(0);
        let event = CallEvent { at_ms, kind: "wrapped_up".to_owned(), detail };
        let (database, inbox, agent) = (self.books.database.clone(), self.inbox.upgrade(), id.clone());
        tokio::spawn(async move {
            let mut kept = database.calls().add_event(&last.call_id, &event).await;
            for _ in 1..NOTE_TRIES {
                if !matches!(kept, Err(StoreError::Busy(_))) {
                    break;
                }
                kept = database.calls().add_event(&last.call_id, &event).await;
            }
            if let Err(error) = kept {
                tracing::error!(call = last.call_id, %error, "what an agent wrote of a call could not be kept");
                if let Some(inbox) = inbox {
                    let _ = inbox.send(Message::NotKept { agent }).await;
                }
            }
        });
        self.step(Event::WrappedUp { agent: id.clone() });
    }

    fn open_order(&mut self, id: &AgentId, class: String, text: String) {
        let (now, orders, inbox) = (self.now(), self.books.orders.clone(), self.inbox.upgrade());
        let Some((last, inbox)) = self.stations.get_mut(id).and_then(|station| station.last.as_mut()).zip(inbox) else {
            return self.refuse(id, Refusal::NoCall);
        };
        last.orders += 1;
        let (agent, key) = (id.clone(), format!("{}/agent/{}", last.call_id, last.orders));
        let draft = Draft {
            class,
            customer: last.number.clone(),
            level: last.level.clone(),
            lang: last.lang,
            call_id: Some(last.call_id.clone()),
            text,
            ..Draft::default()
        };
        tokio::spawn(async move {
            let number = match orders.open(draft, &key, now).await {
                Ok(order) => Some(order.number),
                Err(error) => {
                    tracing::error!(%error, "a work order of an agent could not be opened");
                    None
                }
            };
            // The desk is gone only when everything ends.
            let _ = inbox.send(Message::OrderOpened { agent, number }).await;
        });
    }

    pub(super) fn order_opened(&self, id: &AgentId, number: Option<String>) {
        let Some(station) = self.stations.get(id) else { return };
        station.tell(number.map_or(ToAgent::Refused(Refusal::NotKept), |number| ToAgent::OrderOpened { number }));
    }
}
