//! A caller is never left: whatever fails, something sensible is said within two seconds, and the record tells what it was.
//!
//! Measured in the call's own time, on tokio's clock that only the call's ticks move: the desk, the agents and other systems live by it as well. While the voice is
//! being made time stands still, so nothing here depends on how fast this machine is.

use super::scenarios_text::studio;
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;
use tingshuo::asr::{AsrError, Job, Pending, Recogniser, Transcript};
use tingshuo::audio::{FRAME_MS, FRAME_SAMPLES};
use tingshuo::business::{Clock as HouseClock, Fault, Rule};
use tingshuo::call::conversation::Conversation;
use tingshuo::call::line::{Caption, Clock, Floor, Frame, Inbound, Line, Side};
use tingshuo::call::record::CallRecord;
use tingshuo::call::services::Services;
use tingshuo::call::session::Session;
use tingshuo::call::transfer::TransferPort;
use tingshuo::desk::station::Doing;
use tingshuo::desk::{AgentId, Books, FromAgent, Hub, Person, Rules, Station, ToAgent};
use tingshuo::dialog::Opening;
use tingshuo::models::Models;
use tingshuo::store::Database;
use tingshuo::text::{Lang, PhoneNumber};
use tingshuo::tts::{Speech, Voices};
use tokio::task::JoinHandle;

const SOON_MS: u64 = 2_000;
const CALL: &str = "never-left";
/// A caller who waits for longer than this in vain was left.
const LONGEST_MS: u64 = 300_000;

/// Nobody is listened to: these callers press keys.
struct Deaf;

impl Recogniser for Deaf {
    fn submit(&self, _: Job) -> Result<Pending, AsrError> {
        let (answer, pending) = tokio::sync::oneshot::channel();
        let _ = answer.send(Ok(Transcript::default()));
        Ok(Pending::new(pending))
    }
}

enum Act {
    Press(&'static str),
    /// Something fails.
    Fails(Box<dyn FnOnce() + Send>),
    /// Something works again, or goes on; nothing is measured from here. Asked again until it is done, while the call's other tasks go on.
    Does(Box<dyn FnMut() -> bool + Send>),
    /// Nothing, until this is so.
    Until(Arc<AtomicBool>),
    /// Nothing for so many milliseconds.
    Rests(u64),
    HangUp,
}

/// What was said, and when its first audible sample went out; and when something failed.
#[derive(Clone, Default)]
struct Diary {
    said: Arc<Mutex<Vec<(u64, String)>>>,
    failed: Arc<Mutex<Vec<u64>>>,
}

impl Diary {
    /// The first sentence after the failure came soon and has these words.
    #[track_caller]
    fn told_soon(&self, failure: usize, words: &str) {
        let failed = self.failed.lock().unwrap()[failure];
        let said = self.said.lock().unwrap();
        let (at, text) = said.iter().find(|(at, _)| *at >= failed).unwrap_or_else(|| panic!("nothing after {failed} ms: {said:?}"));
        println!("{} ms after the failure: {text}", at - failed);
        assert!(text.contains(words), "{text}, not {words}: {said:?}");
        assert!(at - failed <= SOON_MS, "{} ms until {text}", at - failed);
    }
}

/// A caller with a plan: after these words of the service, or at once, an act.
struct Driven {
    speech: Arc<Speech>,
    plan: VecDeque<(&'static str, Act)>,
    diary: Diary,
    /// Sentences that have been waited for.
    past: usize,
    now: u64,
    rests_until: u64,
}

impl Line for Driven {
    fn clock(&self) -> Clock {
        Clock::Live
    }

    async fn tick(&mut self, _: Floor) -> Inbound {
        while self.speech.at_work() > 0 {
            tokio::task::yield_now().await;
        }
        tokio::time::advance(Duration::from_millis(FRAME_MS.into())).await;
        self.now += u64::from(FRAME_MS);
        assert!(
            self.now < LONGEST_MS,
            "still waiting for {:?}: {:?}",
            self.plan.front().map(|step| step.0),
            self.diary.said.lock().unwrap()
        );
        let Some((words, act)) = self.plan.front() else { return Inbound::silence() };
        let waits = matches!(act, Act::Until(flag) if !flag.load(Ordering::SeqCst));
        if waits || self.now < self.rests_until {
            return Inbound::silence();
        }
        if !words.is_empty() {
            let found = self.diary.said.lock().unwrap().iter().skip(self.past).position(|(_, text)| text.contains(words));
            let Some(found) = found else { return Inbound::silence() };
            self.past += found + 1;
        }
        match self.plan.pop_front().unwrap().1 {
            Act::Press(keys) => Inbound { keys: keys.into(), ..Inbound::silence() },
            Act::HangUp => Inbound::hang_up(),
            Act::Until(_) => Inbound::silence(),
            Act::Rests(ms) => {
                self.rests_until = self.now + ms;
                Inbound::silence()
            }
            Act::Does(mut act) => {
                while !act() {
                    tokio::task::yield_now().await;
                }
                Inbound::silence()
            }
            Act::Fails(fail) => {
                fail();
                self.diary.failed.lock().unwrap().push(self.now);
                Inbound::silence()
            }
        }
    }

    async fn send(&mut self, _: &Frame) {}

    /// Called in the tick of the first audible sample.
    fn show(&mut self, caption: Caption) {
        if caption.who == Side::Service {
            self.diary.said.lock().unwrap().push((self.now, caption.text));
        }
    }
}

/// A working day at ten, on tokio's clock.
fn clock() -> HouseClock {
    let begin = tokio::time::Instant::now();
    Arc::new(move || {
        let passed = jiff::SignedDuration::try_from(begin.elapsed()).unwrap();
        jiff::civil::date(2026, 11, 23).at(10, 0, 0, 0).saturating_add(passed)
    })
}

async fn house(faults: Vec<Rule>) -> Arc<Services> {
    studio().services(clock(), faults).await.unwrap()
}

fn hub(services: &Services) -> (Hub, JoinHandle<()>) {
    let books = Books { database: services.database.clone(), orders: services.work_orders.clone(), clock: clock() };
    let (hub, task) = Hub::new(Rules::built_in(), books, None);
    (hub, tokio::spawn(task))
}

/// Somebody who takes a call when the plan says so, and sends sound as a page does until the network swallows it.
struct Agent {
    page: JoinHandle<()>,
    flags: Flags,
}

#[derive(Clone, Default)]
struct Flags {
    accepts: Arc<AtomicBool>,
    talks: Arc<AtomicBool>,
    is_cut_off: Arc<AtomicBool>,
}

fn sets(flag: &Arc<AtomicBool>) -> Box<dyn FnMut() -> bool + Send> {
    let flag = flag.clone();
    Box::new(move || {
        flag.store(true, Ordering::SeqCst);
        true
    })
}

impl Agent {
    /// One who is ready; else he is away and would have to come.
    async fn open(hub: &Hub, is_ready: bool) -> Agent {
        let person = Person { id: AgentId("an".into()), shown: "An".into(), skills: ["zh".into()].into(), leads: false, phone: None };
        let station = hub.open(person).await.unwrap();
        if is_ready {
            station.say(FromAgent::Ready).await.unwrap();
        }
        let flags = Flags::default();
        Agent { page: tokio::spawn(page(station, flags.clone())), flags }
    }

    fn closes_the_page(&self) -> Act {
        let page = self.page.abort_handle();
        Act::Fails(Box::new(move || page.abort()))
    }

    /// A caller who speaks with the agent when something fails, and hangs up when he knows that nobody comes back.
    fn talks_when(&self, fails: Act) -> Vec<(&'static str, Act)> {
        vec![
            ("人工请按零", Act::Press("0")),
            ("请同事接听", Act::Does(sets(&self.flags.accepts))),
            ("", Act::Until(self.flags.talks.clone())),
            ("", Act::Rests(1_000)),
            ("", fails),
            ("和同事的电话断了", Act::HangUp),
        ]
    }
}

async fn page(mut station: Station, flags: Flags) {
    let mut frames = tokio::time::interval(Duration::from_millis(FRAME_MS.into()));
    let mut rings = false;
    loop {
        let said = tokio::select! {
            told = station.from_desk.recv() => match told {
                Some(ToAgent::View(view)) => {
                    rings = view.doing == Doing::Ringing;
                    flags.talks.store(view.doing == Doing::Talking, Ordering::SeqCst);
                    continue;
                }
                Some(_) => continue,
                None => return,
            },
            _ = frames.tick() => match rings && flags.accepts.load(Ordering::SeqCst) {
                true => FromAgent::Accept,
                false => FromAgent::Sound(vec![0.0; FRAME_SAMPLES]),
            },
        };
        if !flags.is_cut_off.load(Ordering::SeqCst) && station.say(said).await.is_err() {
            return;
        }
    }
}

/// Plays the plan with the clock in the call's hands.
async fn play(services: Arc<Services>, hub: Option<Hub>, plan: Vec<(&'static str, Act)>) -> (CallRecord, Diary) {
    let speech = Arc::new(Speech::new(&Models::open().unwrap(), &Voices::open().unwrap()).unwrap());
    let diary = Diary::default();
    let line = Driven { speech: speech.clone(), plan: plan.into(), diary: diary.clone(), past: 0, now: 0, rests_until: 0 };
    let opening = Opening {
        caller: PhoneNumber::parse("13800000001"),
        lang: Lang::Zh,
        now: jiff::civil::date(2026, 11, 23).at(10, 0, 0, 0),
        survey: false,
        by_keys: true,
        errand: None,
        call_id: CALL.into(),
    };
    let session = Session::new(line, Conversation::new(services, opening), Arc::new(Deaf), speech);
    tokio::time::pause();
    let finished = session.with_desk(hub.map(|hub| Arc::new(hub) as Arc<dyn TransferPort>)).run().await;
    tokio::time::resume();
    (finished.record, diary)
}

/// When it was noted, how long until the next sentence.
#[track_caller]
fn told_after(record: &CallRecord, kind: &str) -> u64 {
    let at = record.events.iter().position(|noted| noted.what.name() == kind).unwrap_or_else(|| panic!("no {kind}: {:?}", record.events));
    let next = record.events[at..].iter().find(|noted| noted.what.name() == "said_began").unwrap();
    next.at_ms - record.events[at].at_ms
}

fn notes(record: &CallRecord, kind: &str) -> Vec<String> {
    record.events.iter().filter(|noted| noted.what.name() == kind).map(|noted| format!("{:?}", noted.what)).collect()
}

/// The record on disk, when it is whole.
async fn stored(database: &Database) -> tingshuo::store::CallRecord {
    let found = async {
        loop {
            match database.calls().find(CALL).await.unwrap().filter(|record| record.ending.is_some()) {
                Some(record) => return record,
                None => tokio::task::yield_now().await,
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(120), found).await.unwrap()
}

/// What another process does with the database.
#[derive(Clone, Copy)]
enum Hold {
    Takes,
    /// Keeps it for longer than any writer of ours waits: until another one has waited in vain.
    Outlasts,
    Leaves,
}

/// Another process, as a thread of its own; what it does costs the call no time.
#[derive(Clone)]
struct Holder {
    commands: mpsc::Sender<Hold>,
    done: Arc<Mutex<mpsc::Receiver<()>>>,
}

impl Holder {
    fn of(path: PathBuf) -> Holder {
        let ((commands, coming), (tell, done)) = (mpsc::channel(), mpsc::channel());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let options = SqliteConnectOptions::new().filename(path).busy_timeout(Duration::from_secs(7));
                let (mut holder, mut other) = (options.connect().await.unwrap(), options.connect().await.unwrap());
                while let Ok(hold) = coming.recv() {
                    match hold {
                        Hold::Takes => drop(sqlx::query("BEGIN IMMEDIATE").execute(&mut holder).await.unwrap()),
                        Hold::Outlasts => drop(sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap_err()),
                        Hold::Leaves => drop(sqlx::query("ROLLBACK").execute(&mut holder).await.unwrap()),
                    }
                    tell.send(()).unwrap();
                }
            });
        });
        Holder { commands, done: Arc::new(Mutex::new(done)) }
    }

    fn act(&self, hold: Hold) -> Box<dyn FnMut() -> bool + Send> {
        let (own, mut is_told) = (self.clone(), false);
        Box::new(move || {
            if !std::mem::replace(&mut is_told, true) {
                own.commands.send(hold).unwrap();
            }
            match own.done.lock().unwrap().try_recv() {
                Ok(()) => true,
                Err(mpsc::TryRecvError::Empty) => false,
                Err(gone) => panic!("{gone}"),
            }
        })
    }
}

#[tokio::test]
async fn the_agents_page_is_closed() {
    let services = house(Vec::new()).await;
    let (hub, _task) = hub(&services);
    let agent = Agent::open(&hub, true).await;
    let (record, diary) = play(services, Some(hub), agent.talks_when(agent.closes_the_page())).await;
    diary.told_soon(0, "线路断了一下");
    assert!(told_after(&record, "transfer_failed") <= SOON_MS);
    assert_eq!((notes(&record, "person_joined").len(), notes(&record, "person_left").len()), (1, 1));
    assert!(notes(&record, "transfer_failed")[0].contains("agent_lost"));
}

#[tokio::test]
async fn the_agents_network_goes_without_a_word() {
    let services = house(Vec::new()).await;
    let (hub, _task) = hub(&services);
    let agent = Agent::open(&hub, true).await;
    let flag = agent.flags.is_cut_off.clone();
    let cut = Act::Fails(Box::new(move || flag.store(true, Ordering::SeqCst)));
    let (record, diary) = play(services, Some(hub), agent.talks_when(cut)).await;
    diary.told_soon(0, "线路断了一下");
    assert!(told_after(&record, "transfer_failed") <= SOON_MS);
    assert!(notes(&record, "transfer_failed")[0].contains("agent_lost"));
}

#[tokio::test]
async fn the_queue_empties() {
    let services = house(Vec::new()).await;
    let (hub, _task) = hub(&services);
    let agent = Agent::open(&hub, false).await;
    let plan = vec![("人工请按零", Act::Press("0")), ("您排在第", agent.closes_the_page()), ("现在没有同事在线", Act::HangUp)];
    let (record, _) = play(services, Some(hub), plan).await;
    assert!(told_after(&record, "transfer_failed") <= SOON_MS);
    assert!(notes(&record, "queued")[0].contains("place: 1"));
    assert!(notes(&record, "transfer_failed")[0].contains("nobody"));
}

#[tokio::test]
async fn the_desk_itself_is_gone() {
    let services = house(Vec::new()).await;
    let (hub, task) = hub(&services);
    let _agent = Agent::open(&hub, false).await;
    let gone = Act::Fails(Box::new(move || task.abort()));
    let plan = vec![("人工请按零", Act::Press("0")), ("您排在第", gone), ("没有转接成功", Act::HangUp)];
    let (record, _) = play(services, Some(hub), plan).await;
    assert!(told_after(&record, "transfer_failed") <= SOON_MS);
    assert!(notes(&record, "transfer_failed")[0].contains("unreachable"));
}

#[tokio::test]
async fn the_back_end_is_down_or_does_not_answer() {
    // What has no answer is bridged, and given up in the end; by keys, too, it is said what the keys are for.
    for (fault, first) in [(Fault::Unavailable, "系统"), (Fault::Slow(Duration::from_secs(3_600)), "查")] {
        let services = house(vec![Rule { fault, operation: Some("balance".into()), times: None }]).await;
        let asked = Act::Fails(Box::new(|| {}));
        let plan = vec![("人工请按零", Act::Press("1")), ("", asked), ("系统", Act::HangUp)];
        let (record, diary) = play(services, None, plan).await;
        // The key is pressed a tick before what is measured from.
        diary.told_soon(0, first);
        assert!(
            notes(&record, "answered").iter().any(|note| note.contains("balance") && note.contains("unavailable")),
            "{:?}",
            record.events
        );
    }
}

#[tokio::test]
async fn another_process_holds_the_database() {
    let services = house(Vec::new()).await;
    let database = services.database.clone();
    let holder = Holder::of(database.beside(""));
    let plan = vec![
        ("人工请按零", Act::Press("5")),
        ("密码", Act::Does(holder.act(Hold::Takes))),
        ("", Act::Press("246810")),
        ("", Act::Fails(Box::new(|| {}))),
        ("查", Act::Does(holder.act(Hold::Outlasts))),
        ("系统", Act::Does(holder.act(Hold::Leaves))),
        ("", Act::HangUp),
    ];
    let (record, diary) = play(services, None, plan).await;
    diary.told_soon(0, "查");
    let answered = record.events.iter().rposition(|noted| noted.what.name() == "answered").unwrap();
    assert!(format!("{:?}", record.events[answered]).contains("unavailable"), "{:?}", record.events);
    let next = record.events[answered..].iter().find(|noted| noted.what.name() == "said_began").unwrap();
    assert!(next.at_ms - record.events[answered].at_ms <= SOON_MS);
    // What happened meanwhile is on disk as soon as the database is free.
    let stored = stored(&database).await;
    assert_eq!(stored.events.len(), record.events.len());
    assert_eq!(stored.turns.last().map(|turn| turn.n), record.turns.last().map(|turn| turn.n));
}
