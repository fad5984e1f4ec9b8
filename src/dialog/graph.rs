//! A flow as a graph, for people to look at: what is said and asked, where it branches, what is refused, what needs verification.

use super::flow::{At, Flow, Flows, Level, Performance, Step, What as Performed};
use crate::business::Operation;
use crate::text::Lang;
use std::collections::BTreeSet;

/// One flow in one language.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    pub flow: String,
    /// The first is the beginning; all can be reached from it.
    pub nodes: Vec<Node>,
    pub edges: Vec<Edge>,
}

/// A prompt by its name inside the flow, and its first wording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    pub prompt: String,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// What callers want who come here.
    Start {
        wishes: Vec<String>,
    },
    Say(Words),
    Ask {
        slot: String,
        question: Words,
        confirmation: Option<Words>,
    },
    Choose(Words),
    Branch {
        condition: String,
    },
    Verify {
        level: Level,
        question: Words,
    },
    LookUp {
        operation: String,
        /// Answers that no step of the flow deals with: the service does, by itself.
        left_to_the_service: Vec<Way>,
    },
    Change {
        operation: String,
        level: Level,
        verification: Words,
        consent: Words,
        left_to_the_service: Vec<Way>,
    },
    WorkOrder {
        class: String,
    },
    /// Another flow takes its place.
    GoesOver {
        wish: String,
    },
    /// Written to the customer.
    Notify(Words),
    Survey(String),
    /// What a call of ours came to.
    Concludes(String),
    Transfer(Words),
    Set {
        names: Vec<String>,
    },
    /// The slot is asked for anew.
    Forget(String),
    End,
}

/// Why one step follows another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    Next,
    Yes,
    No,
    Then,
    Otherwise,
    NotFound,
    /// The reasons that the operation may give.
    Refused(Vec<&'static str>),
    Unavailable,
    Cancelled,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Indices into [`Graph::nodes`].
    pub from: usize,
    pub to: usize,
    pub way: Way,
}

impl Flows {
    /// The names of all flows, in order.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.flows.iter().map(|flow| flow.id.as_str()).collect();
        names.sort_unstable();
        names
    }

    /// `None` when there is no flow of this name.
    pub fn graph(&self, name: &str, lang: Lang) -> Option<Graph> {
        let flow = self.flows.iter().find(|flow| flow.id == name)?;
        Some(Drawing { flows: self, flow, lang }.graph())
    }
}

struct Drawing<'a> {
    flows: &'a Flows,
    flow: &'a Flow,
    lang: Lang,
}

impl Drawing<'_> {
    fn graph(&self) -> Graph {
        let wishes = self.flow.triggers.iter().map(|intent| self.flows.title(*intent, self.lang).unwrap_or(intent.name()).to_owned());
        let mut nodes = vec![Node::Start { wishes: wishes.collect() }];
        let mut edges = Vec::new();
        let reached = self.reached();
        let index = |at: At| reached.iter().position(|other| *other == at).map(|n| n + 1);
        if let Some(to) = index(self.landing(0)) {
            edges.push(Edge { from: 0, to, way: Way::Next });
        }
        for at in &reached {
            let Some(step) = self.flow.steps.get(*at) else { continue };
            let from = nodes.len();
            nodes.push(self.node(step));
            edges.extend(self.ways(*at, step).into_iter().filter_map(|(way, to)| Some(Edge { from, to: index(to)?, way })));
        }
        Graph { flow: self.flow.id.clone(), nodes, edges }
    }

    /// Every step that a caller can come to, in the order of the file.
    fn reached(&self) -> Vec<At> {
        let mut seen = BTreeSet::new();
        let mut left = vec![self.landing(0)];
        while let Some(at) = left.pop() {
            let Some(step) = self.flow.steps.get(at) else { continue };
            if seen.insert(at) {
                left.extend(self.ways(at, step).into_iter().map(|(_, to)| to));
            }
        }
        seen.into_iter().collect()
    }

    /// Where one really is at `at`: jumps are no steps of their own.
    fn landing(&self, mut at: At) -> At {
        let mut hops = 0;
        while let Some(Step::Jump(to) | Step::AskAgain { at: to, .. }) = self.flow.steps.get(at)
            && hops < self.flow.steps.len()
        {
            at = *to;
            hops += 1;
        }
        at
    }

    fn ways(&self, at: At, step: &Step) -> Vec<(Way, At)> {
        let next = |way: Way| (way, self.landing(at + 1));
        match step {
            Step::Choose { no, .. } => vec![next(Way::Yes), (Way::No, self.landing(*no))],
            Step::Branch { otherwise, .. } => vec![next(Way::Then), (Way::Otherwise, self.landing(*otherwise))],
            Step::Perform(performance) => {
                let written = ends(performance).into_iter().filter_map(|(way, to)| Some((way, self.landing(to?))));
                std::iter::once(next(Way::Next)).chain(written).collect()
            }
            Step::Transfer { .. } | Step::Start(_) | Step::End | Step::Jump(_) | Step::AskAgain { .. } => Vec::new(),
            Step::Say(_)
            | Step::Notify(_)
            | Step::Survey { .. }
            | Step::Conclude { .. }
            | Step::Ask(_)
            | Step::Verify(_)
            | Step::Set(_)
            | Step::Forget(_) => {
                vec![next(Way::Next)]
            }
        }
    }

    fn node(&self, step: &Step) -> Node {
        match step {
            Step::Say(prompt) => Node::Say(self.words(prompt)),
            Step::Ask(slot) => match self.flow.slots.get(slot) {
                Some(found) => Node::Ask {
                    slot: slot.clone(),
                    question: self.words(&found.ask),
                    confirmation: found.confirm.as_ref().map(|prompt| self.words(prompt)),
                },
                None => Node::Set { names: vec![slot.clone()] },
            },
            Step::Choose { prompt, .. } => Node::Choose(self.words(prompt)),
            Step::Branch { condition, .. } => Node::Branch { condition: condition.clone() },
            Step::Verify(verification) => Node::Verify { level: verification.level, question: self.words(&verification.prompt) },
            Step::Perform(performance) => self.performed(performance),
            Step::Transfer { prompt } => Node::Transfer(self.words(prompt)),
            Step::Start(intent) => Node::GoesOver { wish: self.flows.title(*intent, self.lang).unwrap_or(intent.name()).to_owned() },
            Step::Notify(prompt) => Node::Notify(self.words(prompt)),
            Step::Survey { survey, .. } => Node::Survey(survey.clone()),
            Step::Conclude { name, .. } => Node::Concludes(name.clone()),
            Step::Set(variables) => Node::Set { names: variables.iter().map(|(name, _)| name.clone()).collect() },
            Step::Forget(slot) => Node::Forget(slot.clone()),
            Step::End | Step::Jump(_) | Step::AskAgain { .. } => Node::End,
        }
    }

    fn performed(&self, performance: &Performance) -> Node {
        let operation = performance.operation.clone();
        let left = ends(performance).into_iter().filter(|(way, to)| to.is_none() && *way != Way::Cancelled);
        let left_to_the_service =
            left.map(|(way, _)| way).filter(|way| !matches!(way, Way::Refused(reasons) if reasons.is_empty())).collect();
        match &performance.what {
            Performed::LookUp => Node::LookUp { operation, left_to_the_service },
            Performed::Order => Node::WorkOrder { class: operation },
            Performed::Change { verify, confirm, .. } => {
                let (verification, consent) = (self.words(&verify.prompt), self.words(confirm));
                Node::Change { operation, level: verify.level, verification, consent, left_to_the_service }
            }
        }
    }

    fn words(&self, prompt: &str) -> Words {
        let text = self.flows.prompts.get(prompt).and_then(|found| found.wordings(self.lang).first().cloned()).unwrap_or_default();
        let name = prompt.rsplit('.').next().unwrap_or(prompt).to_owned();
        Words { prompt: name, text }
    }
}

/// Every end that a request can come to beside being done, and the step that deals with it.
fn ends(performance: &Performance) -> Vec<(Way, Option<At>)> {
    let refuses = Operation::find(&performance.operation).map(|operation| operation.refuses.to_vec()).unwrap_or_default();
    let mut ends = vec![
        (Way::NotFound, performance.not_found),
        (Way::Refused(refuses), performance.refused),
        (Way::Unavailable, performance.unavailable),
    ];
    if let Performed::Change { cancelled, .. } = &performance.what {
        ends.push((Way::Cancelled, *cancelled));
    }
    ends
}
