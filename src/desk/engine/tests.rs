//! The ways of a caller through the desk.

use super::*;
use jiff::SignedDuration;
use jiff::civil::date;
use std::collections::BTreeSet;

pub(super) fn at(second: i64) -> DateTime {
    date(2026, 11, 23).at(10, 0, 0, 0).saturating_add(SignedDuration::from_secs(second))
}

pub(super) fn agent(name: &str) -> AgentId {
    AgentId(name.into())
}

pub(super) fn caller(name: &str) -> CallerId {
    CallerId(name.into())
}

fn skills(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn want(wished: &[&str], level: Option<&str>) -> Want {
    Want { needed: skills(&["zh"]), wished: skills(wished), level: level.map(str::to_owned), urgent: false, can_be_called: true }
}

/// A desk and its clock.
struct Day {
    desk: Desk,
}

impl Day {
    fn new() -> Day {
        Day { desk: Desk::new(Rules::built_in()) }
    }

    /// An agent who is ready from `second` on.
    fn with(mut self, name: &str, known: &[&str], second: i64) -> Day {
        self.step(second, Event::SignedIn { agent: agent(name), skills: skills(known) });
        self.step(second, Event::Ready { agent: agent(name) });
        self
    }

    fn step(&mut self, second: i64, event: Event) -> Vec<String> {
        self.desk.step(at(second), event).iter().map(shown).collect()
    }

    #[track_caller]
    fn check(&mut self, second: i64, event: Event, expected: &[&str]) {
        assert_eq!(self.step(second, event), expected);
    }

    fn arrives(&mut self, second: i64, name: &str, want: Want) -> Vec<String> {
        self.step(second, Event::Arrived { caller: caller(name), want })
    }
}

fn shown(action: &Action) -> String {
    match action {
        Action::Ring { agent, caller } => format!("ring {} for {}", agent.0, caller.0),
        Action::StopRinging { agent, caller } => format!("stop {} for {}", agent.0, caller.0),
        Action::Connect { agent, caller } => format!("connect {} with {}", agent.0, caller.0),
        Action::Tell { caller, place, expected_s } => format!("tell {}: {place}, {expected_s} s", caller.0),
        Action::Back { caller, why } => format!("back {}: {}", caller.0, why.name()),
        Action::Served { caller } => format!("served {}", caller.0),
        Action::PassedOn { agent, caller, skill } => format!("passed on {} by {} to {skill}", caller.0, agent.0),
        Action::Lost { caller } => format!("lost {}", caller.0),
        Action::CallOver { agent, caller } => format!("over {} with {}", agent.0, caller.0),
    }
}

#[test]
fn who_has_had_no_call_for_longest_is_asked_first() {
    let mut day = Day::new().with("an", &["zh"], 5).with("bo", &["zh"], 0);
    assert_eq!(day.arrives(10, "c1", want(&[], None)), ["ring bo for c1"]);
    day.check(12, Event::Accepted { agent: agent("bo") }, &["connect bo with c1"]);
    assert_eq!(day.arrives(13, "c2", want(&[], None)), ["ring an for c2"]);
    assert_eq!(day.arrives(14, "c3", want(&[], None)), ["tell c3: 1, 240 s"]);
    day.check(15, Event::HungUp { agent: agent("bo") }, &["served c1"]);
    day.check(44, Event::Tick, &["stop an for c2", "tell c2: 1, 210 s", "tell c3: 2, 420 s"]);
    day.check(45, Event::Tick, &["ring bo for c2"]);
}

#[test]
fn skills_are_waited_for_only_so_long() {
    let mut day = Day::new().with("an", &["zh", "billing"], 0).with("bo", &["zh"], 0);
    assert_eq!(day.arrives(1, "c1", want(&["billing"], None)), ["ring an for c1"]);
    day.check(2, Event::Accepted { agent: agent("an") }, &["connect an with c1"]);
    assert_eq!(day.arrives(3, "c2", want(&["billing"], None)), ["tell c2: 1, 240 s"]);
    day.check(62, Event::Tick, &["tell c2: 1, 240 s"]);
    day.check(63, Event::Tick, &["ring bo for c2"]);
    // Nobody has it: anybody, at once.
    let mut day = Day::new().with("bo", &["zh"], 0);
    assert_eq!(day.arrives(1, "c1", want(&["network"], None)), ["ring bo for c1"]);
    let english = Want { needed: skills(&["en"]), ..want(&[], None) };
    assert_eq!(day.arrives(1, "c2", english), ["back c2: nobody"]);
}

#[test]
fn level_urgency_and_waiting_say_who_is_next() {
    let mut day = Day::new().with("an", &["zh"], 0);
    day.arrives(0, "talks", want(&[], None));
    day.step(0, Event::Accepted { agent: agent("an") });
    day.arrives(0, "early", want(&[], None));
    day.arrives(60, "gold", want(&[], Some("gold")));
    day.arrives(61, "urgent", Want { urgent: true, ..want(&[], Some("silver")) });
    let order = |day: &Day, second| day.desk.queue(at(second)).iter().map(|(id, _)| id.0.clone()).collect::<Vec<_>>();
    assert_eq!(order(&day, 61), ["urgent", "gold", "early"]);
    // Whoever came five minutes before a gold customer goes first.
    day.arrives(361, "late", want(&[], Some("gold")));
    assert_eq!(order(&day, 361), ["urgent", "gold", "early", "late"]);
}

#[test]
fn who_is_not_taken_keeps_his_place_and_comes_back_when_nobody_takes_him() {
    let mut day = Day::new().with("an", &["zh"], 0).with("bo", &["zh"], 1);
    assert_eq!(day.arrives(2, "c1", want(&[], None)), ["ring an for c1"]);
    day.check(3, Event::Declined { agent: agent("an") }, &["ring bo for c1"]);
    day.check(23, Event::Tick, &["stop bo for c1", "back c1: declined"]);
    assert_eq!(day.desk.agents[&agent("bo")].status, Status::Away, "who does not answer is away");
    assert_eq!(day.arrives(24, "c2", want(&[], None)), ["ring an for c2"]);
}

#[test]
fn an_agent_who_vanishes_gives_the_caller_back() {
    let mut day = Day::new().with("an", &["zh"], 0).with("bo", &["zh"], 1);
    day.arrives(2, "c1", want(&[], None));
    day.check(3, Event::Gone { agent: agent("an") }, &["ring bo for c1"]);
    day.step(4, Event::Accepted { agent: agent("bo") });
    day.arrives(5, "c2", want(&[], None));
    day.check(6, Event::Gone { agent: agent("bo") }, &["back c1: agent_lost", "back c2: nobody"]);
}

#[test]
fn whoever_lost_an_agent_goes_before_all_others() {
    let mut day = Day::new().with("an", &["zh"], 0).with("bo", &["zh"], 1);
    day.arrives(2, "c1", want(&[], None));
    day.step(3, Event::Accepted { agent: agent("an") });
    day.arrives(4, "c2", want(&[], None));
    day.step(5, Event::Accepted { agent: agent("bo") });
    day.arrives(6, "c3", want(&[], Some("platinum")));
    day.check(1_000, Event::Gone { agent: agent("an") }, &["back c3: too_long", "lost c1"]);
    day.arrives(1_001, "c4", want(&[], Some("platinum")));
    day.check(1_002, Event::HungUp { agent: agent("bo") }, &["served c2"]);
    day.check(1_003, Event::WrappedUp { agent: agent("bo") }, &["ring bo for c1"]);
}

#[test]
fn a_lead_takes_a_conversation_over_but_not_two() {
    let mut day = Day::new().with("an", &["zh"], 0).with("bo", &["zh"], 1);
    day.arrives(2, "c1", want(&[], None));
    day.check(3, Event::TakesOver { agent: agent("bo"), caller: caller("c1") }, &[]);
    day.step(4, Event::Accepted { agent: agent("an") });
    day.check(5, Event::TakesOver { agent: agent("an"), caller: caller("c1") }, &[]);
    day.check(6, Event::TakesOver { agent: agent("bo"), caller: caller("c1") }, &["over an with c1", "connect bo with c1"]);
    assert_eq!(day.desk.agents[&agent("an")].status, Status::WrapUp { until: at(36) });
    assert!(matches!(&day.desk.agents[&agent("bo")].status, Status::Talking { caller, .. } if caller.0 == "c1"));
}

#[test]
fn a_caller_may_hang_up_in_every_state() {
    let mut day = Day::new().with("an", &["zh"], 0);
    day.arrives(1, "c1", want(&[], None));
    day.check(2, Event::Left { caller: caller("c1") }, &["stop an for c1"]);
    day.arrives(3, "c2", want(&[], None));
    day.step(4, Event::Accepted { agent: agent("an") });
    day.arrives(5, "c3", want(&[], None));
    day.check(6, Event::Left { caller: caller("c3") }, &[]);
    day.check(7, Event::Left { caller: caller("c2") }, &["over an with c2"]);
    day.check(8, Event::Left { caller: caller("c2") }, &[]);
    assert_eq!(day.desk.agents[&agent("an")].status, Status::WrapUp { until: at(37) });
}

#[test]
fn closed_full_and_too_long() {
    let mut day = Day::new().with("an", &["zh"], 0);
    assert_eq!(day.arrives(11 * 3_600, "night", want(&[], None)), ["back night: closed"]);
    let mut day = Day::new().with("an", &["zh"], 0);
    day.arrives(0, "c", want(&[], None));
    day.step(0, Event::Accepted { agent: agent("an") });
    for n in 0..50 {
        day.arrives(1, &format!("w{n}"), want(&[], None));
    }
    assert_eq!(day.arrives(1, "one more", want(&[], None)), ["back one more: full"]);
    let back = day.step(601, Event::Tick);
    assert_eq!(back.iter().filter(|action| action.ends_with(": too_long")).count(), 50, "{back:?}");
}

#[test]
fn an_agent_who_leaves_finishes_the_call_first() {
    let mut day = Day::new().with("an", &["zh"], 0);
    day.arrives(1, "c1", want(&[], None));
    day.step(2, Event::Accepted { agent: agent("an") });
    day.check(3, Event::Away { agent: agent("an") }, &[]);
    day.check(4, Event::HungUp { agent: agent("an") }, &["served c1"]);
    assert_eq!(day.desk.agents[&agent("an")].status, Status::Away);
}

#[test]
fn how_long_somebody_does_what_he_does_is_known() {
    let mut day = Day::new().with("an", &["zh"], 0);
    let since = |day: &Day| day.desk.agents[&agent("an")].state_since;
    day.step(60, Event::Away { agent: agent("an") });
    day.step(90, Event::Tick);
    assert_eq!(since(&day), at(60), "away since then, whenever the last call was");
    day.step(100, Event::Ready { agent: agent("an") });
    day.arrives(130, "c1", want(&[], None));
    assert_eq!(since(&day), at(130), "it rings");
    day.step(135, Event::Accepted { agent: agent("an") });
    day.step(200, Event::HungUp { agent: agent("an") });
    day.step(210, Event::Tick);
    assert_eq!(since(&day), at(200), "written up since then");
}

#[test]
fn who_is_handed_on_is_nobodys_here_any_more() {
    let mut day = Day::new().with("an", &["zh"], 0);
    day.arrives(1, "c1", want(&[], None));
    day.check(2, Event::HandedOn { agent: agent("an") }, &[]);
    day.check(3, Event::Accepted { agent: agent("an") }, &["connect an with c1"]);
    day.check(60, Event::HandedOn { agent: agent("an") }, &["over an with c1"]);
    day.check(61, Event::Left { caller: caller("c1") }, &[]);
    assert_eq!(day.arrives(62, "c2", want(&[], None)).len(), 1, "the agent writes his notes");
}

/// Somebody who speaks with a caller since this second.
fn talks(day: &mut Day, second: i64, name: &str, to: &str, want: Want) {
    assert_eq!(day.arrives(second, to, want), [format!("ring {name} for {to}")]);
    day.check(second, Event::Accepted { agent: agent(name) }, &[&format!("connect {name} with {to}")]);
}

fn passes(day: &mut Day, second: i64, name: &str, skill: &str) -> Vec<String> {
    day.step(second, Event::PassedOn { agent: agent(name), skill: skill.to_owned() })
}

#[test]
fn who_is_passed_on_goes_to_somebody_with_the_skill_before_those_who_came_after() {
    let mut day = Day::new().with("an", &["zh"], 0).with("bo", &["zh", "billing"], 1);
    talks(&mut day, 2, "an", "c1", want(&["network"], None));
    talks(&mut day, 3, "bo", "c2", want(&[], None));
    day.arrives(4, "c3", want(&["billing"], Some("platinum")));
    assert_eq!(passes(&mut day, 10, "an", "billing"), ["passed on c1 by an to billing", "tell c1: 1, 211 s"]);
    assert_eq!(day.desk.agents[&agent("an")].status, Status::WrapUp { until: at(40) });
    day.check(12, Event::HungUp { agent: agent("bo") }, &["served c2"]);
    day.check(13, Event::WrappedUp { agent: agent("bo") }, &["ring bo for c1"]);
    assert!(passes(&mut day, 14, "bo", "billing").is_empty(), "it only rings");
}

#[test]
fn who_passed_a_caller_on_is_asked_again_only_when_nobody_else_is_left() {
    let mut day = Day::new().with("an", &["zh", "billing"], 0).with("bo", &["zh", "billing"], 1).with("cy", &["zh"], 2);
    talks(&mut day, 3, "an", "c1", want(&[], None));
    talks(&mut day, 3, "bo", "c2", want(&[], None));
    passes(&mut day, 4, "an", "billing");
    day.check(5, Event::WrappedUp { agent: agent("an") }, &[]);
    // Now anybody will do: but who has passed him on is free, too, and for longer.
    day.check(63, Event::Tick, &["tell c1: 1, 210 s"]);
    day.check(64, Event::Tick, &["ring cy for c1"]);
    day.check(65, Event::Declined { agent: agent("cy") }, &[]);
    day.check(66, Event::Away { agent: agent("bo") }, &["ring an for c1"]);
    day.check(67, Event::Declined { agent: agent("an") }, &[]);
    day.check(68, Event::HungUp { agent: agent("bo") }, &["served c2"]);
    // Away, he might still come; gone, nobody is left.
    day.check(69, Event::Gone { agent: agent("bo") }, &["back c1: declined"]);
}

#[test]
fn a_caller_whom_nobody_else_could_take_stays() {
    let mut day = Day::new().with("an", &["zh", "billing"], 0).with("away", &["zh", "billing"], 1).with("en", &["en", "billing"], 1);
    day.step(1, Event::Away { agent: agent("away") });
    talks(&mut day, 2, "an", "c1", want(&[], None));
    let an = agent("an");
    assert_eq!(day.desk.may_pass_on(&an, "billing"), Err(Stays::NobodyElse));
    assert_eq!(day.desk.may_pass_on(&agent("en"), "billing"), Err(Stays::NoCall));
    let before = day.desk.clone();
    assert!(passes(&mut day, 3, "an", "billing").is_empty());
    assert_eq!(day.desk, before, "nothing has changed");
    // Who is in a call is on duty; who goes after it is not.
    day.step(4, Event::Ready { agent: agent("away") });
    talks(&mut day, 5, "away", "c2", want(&[], None));
    assert_eq!(day.desk.may_pass_on(&an, "billing"), Ok(()));
    day.step(6, Event::Away { agent: agent("away") });
    assert_eq!(day.desk.may_pass_on(&an, "billing"), Err(Stays::NobodyElse));
    day.step(7, Event::Ready { agent: agent("away") });
    for n in 0..50 {
        day.arrives(8, &format!("w{n}"), want(&[], None));
    }
    assert_eq!(day.desk.may_pass_on(&an, "billing"), Err(Stays::Full));
    assert!(passes(&mut day, 9, "an", "billing").is_empty());
}

#[test]
fn who_is_passed_on_and_waits_too_long_comes_back() {
    let mut day = Day::new().with("an", &["zh"], 0).with("bo", &["zh", "billing"], 1);
    talks(&mut day, 2, "an", "c1", want(&[], None));
    talks(&mut day, 2, "bo", "c2", want(&[], None));
    passes(&mut day, 300, "an", "billing");
    day.step(301, Event::Away { agent: agent("an") });
    let mut back = Vec::new();
    for second in 302..=900 {
        back.extend(day.step(second, Event::Tick).into_iter().filter(|action| action.starts_with("back")));
        assert!(second == 900 || back.is_empty(), "{second}: {back:?}");
    }
    assert_eq!(back, ["back c1: too_long"]);
    // The line of the second agent breaks: still before all others, and back to the first one for want of anybody else.
    let mut day = Day::new().with("an", &["zh"], 0).with("bo", &["zh", "billing"], 1);
    talks(&mut day, 2, "an", "c1", want(&[], None));
    assert_eq!(passes(&mut day, 3, "an", "billing"), ["passed on c1 by an to billing", "ring bo for c1"]);
    day.check(4, Event::Accepted { agent: agent("bo") }, &["connect bo with c1"]);
    day.check(5, Event::Gone { agent: agent("bo") }, &["lost c1"]);
    day.check(6, Event::WrappedUp { agent: agent("an") }, &["ring an for c1"]);
}
