//! What a grammar may not be although it can be written: left recursion, chains of rules without end.
//! Also marks what can never match, so that VOID is no promise of more words.

use super::program::{Node, NodeId, Program, RuleId, UnitId};
use std::collections::BTreeSet;

/// How many rules may begin with one another without a word between.
const MOST_CHAINED: usize = 100;

/// A rule and what is wrong with it.
pub type Complaint = (RuleId, String);

pub fn check(program: &mut Program) -> Result<(), Complaint> {
    program.silent = fixpoint(program, false);
    program.productive = fixpoint(program, true);
    let firsts: Vec<Vec<RuleId>> = program.rules.iter().map(|rule| first_calls(program, rule.body)).collect();
    refuse_left_recursion(program, &firsts)
}

/// The least set of nodes that can match something (`tokens`) or silence (not `tokens`).
fn fixpoint(program: &Program, tokens: bool) -> Vec<bool> {
    let mut holds = vec![false; program.nodes.len()];
    loop {
        let mut changed = false;
        // Children stand before their parents, so one pass does a rule; calls need more passes.
        for (id, node) in program.nodes.iter().enumerate() {
            let is = |id: &NodeId| holds[*id as usize];
            let now = match node {
                Node::Token(token) => tokens || program.tokens[*token as usize].units.is_empty(),
                Node::Tag(_) | Node::Garbage => true,
                Node::Void => false,
                Node::Call { rule, .. } => is(&program.rules[*rule as usize].body),
                Node::Sequence(parts) => parts.iter().all(is),
                Node::OneOf(alternatives) => alternatives.iter().any(|(_, id)| is(id)),
                Node::Repeat { of, min, .. } => *min == 0 || is(of),
            };
            changed |= now != holds[id];
            holds[id] = now;
        }
        if !changed {
            return holds;
        }
    }
}

/// The rules that `body` can call before any word.
fn first_calls(program: &Program, body: NodeId) -> Vec<RuleId> {
    let mut calls = Vec::new();
    for_each_first(program, body, |node| {
        if let Node::Call { rule, .. } = node {
            calls.push(*rule);
        }
    });
    calls.sort_unstable();
    calls.dedup();
    calls
}

/// The nodes that are no groups and can stand first in `body`.
fn for_each_first(program: &Program, body: NodeId, mut leaf: impl FnMut(&Node)) {
    let mut todo = vec![body];
    while let Some(id) = todo.pop() {
        match &program.nodes[id as usize] {
            Node::Sequence(parts) => {
                let silent = parts.iter().take_while(|part| program.silent[**part as usize]).count();
                todo.extend(parts.iter().take(silent + 1));
            }
            Node::OneOf(alternatives) => todo.extend(alternatives.iter().map(|(_, id)| *id)),
            Node::Repeat { of, max, .. } if *max != Some(0) => todo.push(*of),
            node => leaf(node),
        }
    }
}

/// What `rule` can begin with, through whatever rules it calls first.
pub fn openings(program: &Program, rule: RuleId) -> Openings {
    let mut openings = Openings::default();
    let (mut seen, mut todo) = (BTreeSet::from([rule]), vec![rule]);
    while let Some(rule) = todo.pop() {
        for_each_first(program, program.rules[rule as usize].body, |node| match node {
            Node::Token(token) => openings.units.extend(program.tokens[*token as usize].units.first()),
            Node::Call { rule, .. } if seen.insert(*rule) => todo.push(*rule),
            Node::Garbage => openings.anything = true,
            _ => {}
        });
    }
    openings
}

/// What a stretch of a rule can begin with.
#[derive(Clone, Debug, Default)]
pub struct Openings {
    pub units: BTreeSet<UnitId>,
    pub anything: bool,
}

fn refuse_left_recursion(program: &Program, firsts: &[Vec<RuleId>]) -> Result<(), Complaint> {
    let mut height: Vec<Option<usize>> = vec![None; firsts.len()];
    let mut on_path = vec![false; firsts.len()];
    for start in 0..firsts.len() {
        // A depth-first walk with its own stack: the rule and which of its calls comes next.
        let mut path: Vec<(RuleId, usize)> = vec![(start as RuleId, 0)];
        on_path[start] = true;
        while let Some((rule, next)) = path.last_mut() {
            let rule = *rule;
            if let Some(callee) = firsts[rule as usize].get(*next).copied() {
                *next += 1;
                if on_path[callee as usize] {
                    return Err((callee, describe_loop(program, &path, callee)));
                }
                if height[callee as usize].is_none() {
                    on_path[callee as usize] = true;
                    path.push((callee, 0));
                }
                continue;
            }
            let tallest = firsts[rule as usize].iter().filter_map(|callee| height[*callee as usize]).max().unwrap_or(0) + 1;
            if tallest > MOST_CHAINED {
                return Err((rule, format!("rules begin with one another too deeply: at most {MOST_CHAINED} in a chain")));
            }
            height[rule as usize] = Some(tallest);
            on_path[rule as usize] = false;
            path.pop();
        }
    }
    Ok(())
}

fn describe_loop(program: &Program, path: &[(RuleId, usize)], first: RuleId) -> String {
    let name = |rule: RuleId| program.rules[rule as usize].name.as_str();
    let mut names: Vec<&str> = path.iter().skip_while(|(rule, _)| *rule != first).map(|(rule, _)| name(*rule)).collect();
    if names.len() > 6 {
        names.truncate(6);
        names.push("…");
    }
    format!("left recursion: {} → {} with no word between; put the recursion at the end or use repeat", names.join(" → "), name(first))
}
