//! For tests: a call in words and keys against the project's own flows, with answers of other systems made up by the test.

use super::state::State;
use super::{Action, Answer, Engine, Errand, Event, Flows, Opening, Outcome, PARTS, Question, RequestKind, Source, World};
use crate::business::OPERATIONS;
use crate::care::enquiry;
use crate::nlu::{Candidates, Decision, Intent, RejectReason, Source as Origin, Understood};
use crate::text::{Lang, PhoneNumber, Record, Value};
use jiff::civil::date;
use std::sync::{Arc, OnceLock};

/// The project's flows.
pub(super) fn flows() -> Arc<Flows> {
    static FLOWS: OnceLock<Arc<Flows>> = OnceLock::new();
    let read = || Arc::new(Flows::check(&sources(), &world()).expect("the project's flows have no faults"));
    FLOWS.get_or_init(read).clone()
}

pub(super) fn sources() -> Vec<Source> {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("flows");
    let folders = [dir.clone(), dir.join(PARTS), dir.join("reminders")].into_iter().filter(|folder| folder.is_dir());
    let paths =
        folders.flat_map(|folder| std::fs::read_dir(folder).expect("a folder of flows")).map(|entry| entry.expect("an entry").path());
    let mut paths: Vec<_> = paths.filter(|path| path.extension().is_some_and(|extension| extension == "yaml")).collect();
    paths.sort();
    let name = |path: &std::path::Path| path.strip_prefix(&dir).expect("a path in the folder").to_string_lossy().into_owned();
    paths.iter().map(|path| Source { name: name(path), text: std::fs::read_to_string(path).expect("a flow file") }).collect()
}

pub(super) fn world() -> World {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("grammars");
    let names = |lang: Lang| {
        let entries = std::fs::read_dir(folder.join(lang.code())).expect("the folder of grammars");
        let paths = entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_file());
        paths.map(move |path| (lang, path.file_stem().expect("a name").to_string_lossy().into_owned()))
    };
    let grammars = names(Lang::Zh).chain(names(Lang::En)).collect();
    World { grammars: Some(grammars), operations: OPERATIONS.iter().chain(enquiry::OPERATIONS).copied().collect() }
}

pub(super) struct Call {
    engine: Engine,
    pub state: State,
    pub actions: Vec<Action>,
}

impl Call {
    pub fn new(lang: Lang) -> Call {
        Call::from(lang, PhoneNumber::parse("13800000001"))
    }

    pub fn from(lang: Lang, caller: Option<PhoneNumber>) -> Call {
        Call::with(flows(), lang, caller, false)
    }

    /// A call whose caller is asked for a score at the end.
    pub fn with_survey(lang: Lang) -> Call {
        Call::with(flows(), lang, PhoneNumber::parse("13800000001"), true)
    }

    /// A call up to the first thing that is asked of anybody.
    pub fn ringing(lang: Lang) -> Call {
        let mut call = Call { engine: Engine::new(flows()), state: State::default(), actions: Vec::new() };
        let (now, caller) = (date(2026, 11, 22).at(9, 30, 0, 0), PhoneNumber::parse("13800000001"));
        call.happen(Event::Started(Opening { caller, lang, now, survey: false, by_keys: false, errand: None, call_id: "c1".into() }));
        call
    }

    fn with(flows: Arc<Flows>, lang: Lang, caller: Option<PhoneNumber>, survey: bool) -> Call {
        let mut call = Call { engine: Engine::new(flows), state: State::default(), actions: Vec::new() };
        let now = date(2026, 11, 22).at(9, 30, 0, 0);
        call.happen(Event::Started(Opening { caller, lang, now, survey, by_keys: false, errand: None, call_id: "c1".into() }));
        if call.told().ends_with("!customer") {
            call.answer(Answer::NotFound);
        }
        call
    }

    /// A call of a known customer with one flow more than the project's own.
    pub fn with_flow(name: &str, text: &str) -> Call {
        let mut all = sources();
        all.retain(|source| !source.name.ends_with(name));
        all.push(Source { name: name.into(), text: text.into() });
        let flows = Flows::check(&all, &world()).unwrap_or_else(|faults| panic!("{faults:?}"));
        Call::with(Arc::new(flows), Lang::Zh, PhoneNumber::parse("13800000001"), false)
    }

    /// A call of ours with a flow of the test's own, up to the first thing that is asked.
    pub fn of_ours(name: &str, text: &str, errand: Errand) -> Call {
        let mut all = sources();
        all.push(Source { name: name.into(), text: text.into() });
        let flows = Flows::check(&all, &world()).unwrap_or_else(|faults| panic!("{faults:?}"));
        Call::begun(Arc::new(flows), errand)
    }

    /// The same with one of the project's flows.
    pub fn with_errand(errand: Errand) -> Call {
        Call::begun(flows(), errand)
    }

    fn begun(flows: Arc<Flows>, errand: Errand) -> Call {
        let mut call = Call { engine: Engine::new(flows), state: State::default(), actions: Vec::new() };
        let (now, caller) = (date(2026, 11, 22).at(9, 30, 0, 0), PhoneNumber::parse("13800000001"));
        let (call_id, errand) = ("c1".into(), Some(errand));
        call.happen(Event::Started(Opening { caller, lang: Lang::Zh, now, survey: false, by_keys: false, errand, call_id }));
        call
    }

    /// A call of a known customer where a job cannot be done.
    pub fn without_flow(name: &str) -> Call {
        let mut all = sources();
        all.retain(|source| !source.name.ends_with(name));
        let flows = Flows::check(&all, &world()).unwrap_or_else(|faults| panic!("{faults:?}"));
        Call::with(Arc::new(flows), Lang::Zh, PhoneNumber::parse("13800000001"), false)
    }

    pub fn happen(&mut self, event: Event) -> &mut Call {
        let (state, actions) = self.engine.step(std::mem::take(&mut self.state), event);
        (self.state, self.actions) = (state, actions);
        self
    }

    pub fn wants(&mut self, intent: Intent) -> &mut Call {
        self.says(Some(intent), Decision::Accept, &[])
    }

    pub fn says(&mut self, intent: Option<Intent>, decision: Decision, slots: &[(&str, Value)]) -> &mut Call {
        self.happen(Event::Heard(understood(intent, decision, slots)))
    }

    pub fn mumbles(&mut self) -> &mut Call {
        self.says(None, Decision::Reject, &[])
    }

    pub fn keys(&mut self, keys: &str) -> &mut Call {
        self.happen(Event::Keys(keys.into()))
    }

    /// Answers the request that is under way.
    pub fn answer(&mut self, answer: Answer) -> &mut Call {
        let id = self.actions.iter().find_map(|action| match action {
            Action::Perform { id, .. } => Some(*id),
            _ => None,
        });
        self.happen(Event::Answered { id: id.expect("a request under way"), answer })
    }

    pub fn done(&mut self, fields: &[(&str, Value)]) -> &mut Call {
        self.answer(Answer::Done(record(fields)))
    }

    /// The last step in words: prompt names, `? question`, `! operation`, `# outcome`.
    #[track_caller]
    pub fn expect(&mut self, expected: &str) -> &mut Call {
        assert_eq!(self.told(), expected);
        self
    }

    pub fn told(&self) -> String {
        self.actions.iter().map(word_for).collect::<Vec<_>>().join(" ")
    }

    /// What was said in the last step.
    pub fn text(&self) -> String {
        let texts = self.actions.iter().filter_map(|action| match action {
            Action::Say(utterance) => Some(utterance.text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    pub fn question(&self) -> Option<&Question> {
        self.actions.iter().find_map(|action| match action {
            Action::Listen(question) => Some(question),
            _ => None,
        })
    }
}

fn word_for(action: &Action) -> String {
    match action {
        Action::Say(utterance) => utterance.prompt.clone(),
        Action::Listen(question) => format!("?{}", question.name),
        Action::Perform { kind, operation, .. } => match kind {
            RequestKind::LookUp => format!("!{operation}"),
            RequestKind::Change => format!("!!{operation}"),
            RequestKind::OpenWorkOrder => format!("!order:{operation}"),
            RequestKind::Notify => format!("!notify:{operation}"),
            RequestKind::Survey => format!("!survey:{operation}"),
            RequestKind::Conclude => format!("!outcome:{operation}"),
        },
        Action::NoteUnanswered { .. } => "?!".into(),
        Action::PauseRecording => "(".into(),
        Action::ResumeRecording => ")".into(),
        Action::SetLang(lang) => format!("@{lang}"),
        Action::SetDelivery(delivery) => format!("~{}/{}", delivery.speed_percent, delivery.volume_percent),
        Action::LeaveQueue => "-queue".into(),
        Action::ChooseCallBack => "+call_back".into(),
        Action::HangUp(Outcome::Transferred { reason, .. }) => format!("#{reason:?}"),
        Action::HangUp(outcome) => format!("#{outcome:?}"),
    }
}

pub(super) fn record(fields: &[(&str, Value)]) -> Record {
    fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

pub(super) fn understood(intent: Option<Intent>, decision: Decision, slots: &[(&str, Value)]) -> Understood {
    Understood {
        text: "…".into(),
        intent,
        confidence: if decision == Decision::Accept { 0.9 } else { 0.5 },
        decision,
        slots: record(slots),
        source: Origin::Classifier,
        alternatives: Vec::new(),
        also: Vec::new(),
        control: None,
        corrects: false,
        by_sound: false,
        candidates: Candidates::default(),
        reason: (decision == Decision::Reject).then_some(RejectReason::LowConfidence),
    }
}
