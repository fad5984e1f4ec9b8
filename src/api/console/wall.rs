//! The queue wall: who waits for a person, how long, who could help, what became of the day's callers. For a big screen, live.

use super::Console;
use super::format::{clock, level};
use super::frame::Frame;
use super::pages::{Answer, Fault, html};
use crate::api::gate::Visitor;
use crate::api::routes::Routes;
use crate::desk::Rules;
use crate::desk::station::Doing;
use crate::desk::wall::{AtDesk, Board, InQueue, QueueState, in_all};
use crate::store::StoreError;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use jiff::civil::{DateTime, Time};
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior};

pub(super) fn routes(routes: Routes<Arc<Console>>) -> Routes<Arc<Console>> {
    routes.get("/console/wall", page).get("/console/wall/events", events)
}

/// Where the wall sees the desk.
#[derive(Clone)]
pub(in crate::api) struct Wall {
    pub board: watch::Receiver<Arc<Board>>,
    pub rules: Arc<Rules>,
}

/// Whatever happens, the wall is looked at anew so often: what is to worry about depends on the time.
const EVERY: Duration = Duration::from_secs(5);
/// What happens within this time is shown together.
const TOGETHER: Duration = Duration::from_millis(300);
/// Looks until it is asked again whether the watcher may still watch.
const LOOKS_OF_A_SESSION: u32 = 6;
/// Of those who wait so many are shown; the others are counted.
const MOST_SHOWN: usize = 20;

struct Queue {
    name: String,
    waiting: usize,
    longest: Span,
    free: usize,
    present: usize,
    level: String,
    answered: i64,
    abandoned: i64,
    returned: i64,
    called_back: i64,
    worry: &'static str,
    meaning: &'static str,
}

/// A time that goes on.
struct Span {
    seconds: i64,
    text: String,
}

impl Span {
    fn of(seconds: i64) -> Span {
        let seconds = seconds.max(0);
        Span { seconds, text: clock(seconds.saturating_mul(1000)) }
    }

    fn since(since: DateTime, now: DateTime) -> Span {
        Span::of(now.duration_since(since).as_secs())
    }
}

struct Waiter {
    place: usize,
    /// Empty when the number is withheld.
    caller: String,
    queue: String,
    level: String,
    waits: Span,
}

struct Somebody {
    shown: String,
    doing: &'static str,
    doing_word: &'static str,
    for_long: Span,
    skills: String,
}

#[derive(Template)]
#[template(path = "wall.html")]
struct Page {
    frame: Frame,
    shown: Shown,
}

/// What is on the wall: the same in the page and in what is sent after it.
#[derive(Template)]
#[template(path = "wall_board.html")]
struct Shown {
    frame: Frame,
    queues: Vec<Queue>,
    waiters: Vec<Waiter>,
    others: usize,
    agents: Vec<Somebody>,
    waiting: usize,
    longest: Span,
    free: usize,
    present: usize,
    level: String,
    wanted: i64,
    within: i64,
    answered: i64,
    abandoned: i64,
}

/// Somebody may have a skill that no request wants and that has no name in the rules.
fn named(frame: &Frame, rules: &Rules, skills: &BTreeSet<String>) -> String {
    let name = |skill: &String| match skill.as_str() {
        "zh" => frame.t("lang.zh").to_owned(),
        "en" => frame.t("lang.en").to_owned(),
        other => rules.skill(other).map_or_else(|| other.replace('_', " "), |skill| skill.shown(frame.lang).to_owned()),
    };
    // What is wanted goes before the language in which.
    let (languages, others): (Vec<&String>, Vec<&String>) = skills.iter().partition(|skill| matches!(skill.as_str(), "zh" | "en"));
    others.into_iter().chain(languages).map(name).collect::<Vec<_>>().join(" · ")
}

fn percent(level: Option<i64>) -> String {
    level.map_or_else(|| "–".to_owned(), |level| format!("{level}%"))
}

impl Shown {
    async fn read(console: &Console, wall: &Wall, frame: Frame) -> Result<Shown, StoreError> {
        let now = console.now();
        let midnight = now.date().to_datetime(Time::midnight());
        let figures = console.sources.database.desk_waits().figures(midnight, wall.rules.service.within_s).await?;
        let board = wall.board.borrow().clone();
        let queues = board.queues(&wall.rules, figures, now);
        let all = in_all(&queues);
        let waiters =
            board.queue.iter().take(MOST_SHOWN).enumerate().map(|(before, waiting)| Waiter::new(before, waiting, &frame, &wall.rules, now));
        let mut agents: Vec<&AtDesk> = board.agents.iter().collect();
        agents.sort_by_key(|agent| (agent.doing == Doing::Away, agent.doing.name(), agent.since));
        let of = |counted: fn(&AtDesk) -> bool| board.agents.iter().filter(|agent| !agent.interrupted && counted(agent)).count();
        let longest = board.queue.iter().map(|waiting| now.duration_since(waiting.since).as_secs()).max();
        Ok(Shown {
            waiters: waiters.collect(),
            others: board.queue.len().saturating_sub(MOST_SHOWN),
            agents: agents.into_iter().map(|agent| Somebody::new(agent, &frame, &wall.rules, now)).collect(),
            waiting: board.queue.len(),
            longest: Span::of(longest.unwrap_or(0)),
            free: of(|agent| agent.doing == Doing::Ready),
            present: of(|agent| agent.doing != Doing::Away),
            level: percent(all.level()),
            wanted: wall.rules.service.percent,
            within: wall.rules.service.within_s,
            answered: all.answered,
            abandoned: all.abandoned,
            queues: queues.into_iter().map(|queue| Queue::new(queue, &frame, &wall.rules)).collect(),
            frame,
        })
    }
}

impl Queue {
    fn new(queue: QueueState, frame: &Frame, rules: &Rules) -> Queue {
        Queue {
            name: named(frame, rules, &queue.skills),
            waiting: queue.waiting,
            longest: Span::of(queue.longest_s),
            free: queue.free,
            present: queue.present,
            level: percent(queue.figures.level()),
            answered: queue.figures.answered,
            abandoned: queue.figures.abandoned,
            returned: queue.figures.returned,
            called_back: queue.figures.called_back,
            worry: match queue.worry.name() {
                "waiting" => "wall.worry_waiting",
                "level" => "wall.worry_level",
                "waiting_long" => "wall.worry_long",
                "nobody" => "wall.worry_nobody",
                _ => "wall.worry_nothing",
            },
            meaning: queue.worry.meaning(),
        }
    }
}

impl Waiter {
    fn new(before: usize, waiting: &InQueue, frame: &Frame, rules: &Rules, now: DateTime) -> Waiter {
        Waiter {
            place: before + 1,
            caller: waiting.caller.clone().unwrap_or_default(),
            queue: named(frame, rules, &waiting.skills),
            level: level(frame.lang, waiting.level.as_deref()),
            waits: Span::since(waiting.since, now),
        }
    }
}

impl Somebody {
    fn new(agent: &AtDesk, frame: &Frame, rules: &Rules, now: DateTime) -> Somebody {
        let (doing, doing_word) = match (agent.interrupted, agent.doing) {
            (true, _) => ("interrupted", "desk.interrupted"),
            (_, Doing::Away) => ("away", "desk.away"),
            (_, Doing::Ready) => ("ready", "desk.ready"),
            (_, Doing::Ringing) => ("ringing", "desk.ringing"),
            (_, Doing::Talking) => ("talking", "desk.talking"),
            (_, Doing::WrapUp) => ("wrap_up", "desk.wrap_up"),
        };
        let (for_long, skills) = (Span::since(agent.since, now), named(frame, rules, &agent.skills));
        Somebody { shown: agent.shown.clone(), doing, doing_word, for_long, skills }
    }
}

async fn page(State(console): State<Arc<Console>>, visitor: Visitor) -> Answer {
    let wall = console.wall.as_ref().ok_or(Fault(StatusCode::NOT_FOUND))?;
    let shown = Shown::read(&console, wall, Frame::of(&visitor, "wall")).await?;
    Ok(html(&Page { frame: Frame::of(&visitor, "wall"), shown }))
}

/// Looks at the desk again and again.
struct Watch {
    console: Arc<Console>,
    wall: Wall,
    visitor: Visitor,
    looks: Interval,
    looked: u32,
    sent: String,
}

impl Watch {
    /// The next thing to send; `None` when there will be no more.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Watch)> {
        let mut ending = self.console.ending.clone();
        loop {
            let is_news = tokio::select! {
                _ = self.looks.tick() => false,
                changed = self.wall.board.changed() => {
                    changed.ok()?;
                    true
                }
                _ = ending.wait_for(|ending| *ending) => return None,
            };
            if is_news {
                tokio::time::sleep(TOGETHER).await;
            } else {
                self.looked += 1;
            }
            if self.looked > LOOKS_OF_A_SESSION {
                self.looked = 0;
                if !self.may_watch().await {
                    return None;
                }
            }
            // What cannot be read now is read at the next look.
            let frame = Frame::of(&self.visitor, "wall");
            let Ok(shown) = Shown::read(&self.console, &self.wall, frame).await else { continue };
            let Ok(text) = shown.render() else { continue };
            if text != self.sent {
                self.sent.clone_from(&text);
                return Some((Ok(Event::default().event("wall").data(text)), self));
            }
        }
    }

    async fn may_watch(&self) -> bool {
        match &self.visitor.key {
            Some(key) => self.console.gate.people.signed_in(key, self.console.now()).await.is_ok_and(|person| person.is_some()),
            None => true,
        }
    }
}

async fn events(State(console): State<Arc<Console>>, visitor: Visitor) -> Result<Response, Fault> {
    let wall = console.wall.clone().ok_or(Fault(StatusCode::NOT_FOUND))?;
    let mut looks = tokio::time::interval(EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let watch = Watch { console, wall, visitor, looks, looked: 0, sent: String::new() };
    let events = futures_util::stream::unfold(watch, Watch::next);
    Ok(Sse::new(events).keep_alive(KeepAlive::default()).into_response())
}
