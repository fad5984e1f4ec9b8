//! The desk with calls and stations that are channels, on a clock that the test drives.

mod passing_on;

use super::*;
use crate::call::conference::{Party, Role};
use crate::call::recording::Kept;
use crate::call::transfer::{CallEnd, Remark, Speaker, handover};
use crate::care::Handbook;
use crate::desk::station::{Doing, Refusal};
use crate::dialog::{TransferFailure, TransferReason};
use crate::store::{CallBackReason, NewCampaign, Signed};
use crate::text::{Lang, PhoneNumber, Record};
use jiff::SignedDuration;
use jiff::civil::date;
use std::path::Path;
use std::sync::Arc;

/// Runs the desk from ten o'clock on a working day, as fast as tokio's clock goes.
async fn desk() -> (Hub, Database) {
    let opened = desk_in_real_time().await;
    // The database is open by now; it would not wait for a clock that jumps.
    tokio::time::pause();
    opened
}

async fn desk_in_real_time() -> (Hub, Database) {
    let database = Database::temporary().await.unwrap();
    let handbook = Handbook::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("care")).unwrap();
    let begin = tokio::time::Instant::now();
    let clock: Clock = Arc::new(move || {
        let passed = SignedDuration::try_from(begin.elapsed()).unwrap();
        date(2026, 11, 23).at(10, 0, 0, 0).saturating_add(passed)
    });
    database.dialing().begin(&["main".to_owned()]).await.unwrap();
    let orders = WorkOrders::new(database.clone(), Arc::new(handbook));
    let (hub, task) = Hub::new(Rules::built_in(), Books { database: database.clone(), orders, clock }, None);
    tokio::spawn(task);
    (hub, database)
}

fn person(id: &str, leads: bool) -> Person {
    let skills = ["zh".to_owned(), "billing".to_owned()].into();
    Person { id: AgentId(id.into()), shown: id.to_uppercase(), skills, leads, phone: None }
}

fn case(call: &str) -> Case {
    Case {
        call_id: call.into(),
        since: date(2026, 11, 23).at(9, 59, 0, 0),
        caller: PhoneNumber::parse("13800000001"),
        lang: Lang::Zh,
        verified: true,
        reason: TransferReason::CallerAsked,
        intent: None,
        slots: Record::new(),
        transcript: vec![said("查话费")],
        tried: Vec::new(),
        known: None,
        suggestions: Vec::new(),
        kept: Kept::Running,
        passed_on: Vec::new(),
    }
}

fn said(text: &str) -> Remark {
    Remark { at_ms: 1_000, who: Speaker::Caller, text: text.into(), confidence: Some(0.9), intent: None, partial: false }
}

fn call(hub: &Hub, id: &str) -> CallEnd {
    let (end, desk_end) = handover();
    hub.ask(case(id), desk_end);
    end
}

/// The next thing a station is told that is no view; the views before it are looked at.
async fn told(station: &mut Station) -> ToAgent {
    loop {
        match station.from_desk.recv().await.unwrap() {
            ToAgent::View(_) => {}
            other => return other,
        }
    }
}

/// Waits until somebody does this.
async fn does(station: &mut Station, doing: Doing) {
    loop {
        if let ToAgent::View(view) = station.from_desk.recv().await.unwrap()
            && view.doing == doing
        {
            return;
        }
    }
}

async fn next(call: &mut CallEnd) -> ToCall {
    call.from_desk.recv().await.unwrap()
}

async fn ready(hub: &Hub, id: &str) -> Station {
    let station = hub.open(person(id, false)).await.unwrap();
    station.say(FromAgent::Ready).await.unwrap();
    station
}

/// Somebody who speaks with the caller, who was given the number.
async fn talking(hub: &Hub, id: &str, name: &str) -> (Station, CallEnd, Party) {
    let mut station = ready(hub, id).await;
    let mut end = call(hub, name);
    assert!(matches!(told(&mut station).await, ToAgent::Case { case, .. } if case.transcript == [said("查话费")]));
    station.say(FromAgent::Accept).await.unwrap();
    let ToCall::Seat { party, role: Role::Agent, name } = next(&mut end).await else { panic!("nobody came") };
    assert_eq!(name, id);
    (station, end, party)
}

#[tokio::test]
async fn sound_and_words_go_both_ways_until_the_agent_hangs_up() {
    let (hub, _) = desk().await;
    let (mut station, mut end, party) = talking(&hub, "an", "c1").await;
    station.say(FromAgent::Sound(vec![0.5; 320])).await.unwrap();
    assert_eq!(next(&mut end).await, ToCall::Sound { party, samples: vec![0.5; 320] });
    end.to_desk.send(FromCall::Sound { party, frame: Box::new([0.25; 320]) }).await.unwrap();
    assert_eq!(told(&mut station).await, ToAgent::Sound(Box::new([0.25; 320])));
    end.to_desk.send(FromCall::Said(said("谢谢"))).await.unwrap();
    assert_eq!(told(&mut station).await, ToAgent::Said(said("谢谢")));
    station.say(FromAgent::Hold(true)).await.unwrap();
    assert_eq!(next(&mut end).await, ToCall::Hold(true));
    station.say(FromAgent::HangUp).await.unwrap();
    assert_eq!(next(&mut end).await, ToCall::Served);
    assert!(end.from_desk.recv().await.is_none());
    does(&mut station, Doing::WrapUp).await;
    does(&mut station, Doing::Ready).await;
}

#[tokio::test]
async fn an_agent_has_the_recording_paused_and_sees_how_it_stands() {
    let (hub, _) = desk().await;
    let (mut station, mut end, _) = talking(&hub, "an", "c1").await;
    // Who does not speak with the caller has no say.
    let other = ready(&hub, "bo").await;
    other.say(FromAgent::PauseRecording(true)).await.unwrap();
    for (paused, kept) in [(true, Kept::Paused), (false, Kept::Running)] {
        station.say(FromAgent::PauseRecording(paused)).await.unwrap();
        assert_eq!(next(&mut end).await, ToCall::PauseRecording { paused, by: "an".into() });
        end.to_desk.send(FromCall::Recorded(kept)).await.unwrap();
        while !matches!(station.from_desk.recv().await.unwrap(), ToAgent::View(view) if view.doing == Doing::Talking && view.kept == kept) {
        }
    }
}

#[tokio::test]
async fn a_line_that_comes_back_in_time_goes_on_with_the_call() {
    let (hub, _) = desk().await;
    let (station, mut end, first) = talking(&hub, "an", "c1").await;
    end.to_desk.send(FromCall::Said(said("我要投诉"))).await.unwrap();
    drop(station);
    assert_eq!(next(&mut end).await, ToCall::Interrupted);
    let mut again = hub.open(person("an", false)).await.unwrap();
    let ToAgent::Case { case, .. } = told(&mut again).await else { panic!("the case is not shown again") };
    assert_eq!(case.transcript, [said("查话费"), said("我要投诉")]);
    assert!(matches!(next(&mut end).await, ToCall::Seat { party, .. } if party != first));
}

#[tokio::test]
async fn a_line_that_stays_broken_gives_the_caller_to_the_next_before_all_others() {
    let (hub, _) = desk().await;
    let (station, mut end, _) = talking(&hub, "an", "c1").await;
    let (mut other, mut second, _) = talking(&hub, "bo", "c2").await;
    let mut third = call(&hub, "c3");
    assert!(matches!(next(&mut third).await, ToCall::Place { place: 1, can_be_called: true, .. }));
    drop(station);
    assert_eq!([next(&mut end).await, next(&mut end).await], [ToCall::Interrupted, ToCall::Lost]);
    other.say(FromAgent::HangUp).await.unwrap();
    assert_eq!(next(&mut second).await, ToCall::Served);
    assert!(matches!(told(&mut other).await, ToAgent::Case { caller, .. } if caller == CallerId("c1".into())));
    drop(other);
    assert_eq!(next(&mut end).await, ToCall::Back(TransferFailure::AgentLost));
}

#[tokio::test]
async fn who_rings_and_vanishes_is_not_waited_for() {
    let (hub, _) = desk().await;
    let mut first = ready(&hub, "an").await;
    does(&mut first, Doing::Ready).await;
    let mut second = ready(&hub, "bo").await;
    does(&mut second, Doing::Ready).await;
    let mut end = call(&hub, "c1");
    assert!(matches!(told(&mut first).await, ToAgent::Case { .. }));
    drop(first);
    assert!(matches!(told(&mut second).await, ToAgent::Case { .. }));
    // Back after a reload of the page: ready again, as before.
    let mut first = hub.open(person("an", false)).await.unwrap();
    does(&mut first, Doing::Ready).await;
    second.say(FromAgent::Decline).await.unwrap();
    // Whoever let it ring is not asked again by that.
    assert_eq!(next(&mut end).await, ToCall::Back(TransferFailure::Declined));
}

#[tokio::test]
async fn a_caller_who_hangs_up_leaves_no_trace_in_any_state() {
    let (hub, _) = desk().await;
    let (mut station, end, _) = talking(&hub, "an", "c1").await;
    let mut waiting = call(&hub, "c2");
    assert!(matches!(next(&mut waiting).await, ToCall::Place { .. }));
    drop(waiting);
    drop(end);
    does(&mut station, Doing::WrapUp).await;
    station.say(FromAgent::WrapUp { disposition: String::new(), note: String::new() }).await.unwrap();
    does(&mut station, Doing::Ready).await;
    let ringing = call(&hub, "c3");
    does(&mut station, Doing::Ringing).await;
    drop(ringing);
    does(&mut station, Doing::Ready).await;
}

#[tokio::test]
async fn an_agent_whose_sound_stops_has_a_broken_line_within_two_seconds() {
    let (hub, _) = desk().await;
    let (mut station, mut end, party) = talking(&hub, "an", "c1").await;
    // Until the microphone is open nothing is concluded.
    tokio::time::advance(Duration::from_secs(5)).await;
    station.say(FromAgent::Sound(vec![0.0; 320])).await.unwrap();
    assert_eq!(next(&mut end).await, ToCall::Sound { party, samples: vec![0.0; 320] });
    let last = tokio::time::Instant::now();
    assert_eq!(next(&mut end).await, ToCall::Interrupted);
    assert!(last.elapsed() < Duration::from_millis(1_900), "{:?}", last.elapsed());
    while station.from_desk.recv().await.is_some() {}
    let _again = hub.open(person("an", false)).await.unwrap();
    assert!(matches!(next(&mut end).await, ToCall::Seat { role: Role::Agent, .. }));
}

#[tokio::test]
async fn a_page_that_is_opened_again_after_the_call_still_shows_it() {
    let (hub, _) = desk().await;
    let (mut station, end, _) = talking(&hub, "an", "c1").await;
    end.to_desk.send(FromCall::Said(said("谢谢"))).await.unwrap();
    assert_eq!(told(&mut station).await, ToAgent::Said(said("谢谢")));
    drop(end);
    does(&mut station, Doing::WrapUp).await;
    drop(station);
    let mut station = hub.open(person("an", false)).await.unwrap();
    let transcript = [said("查话费"), said("谢谢")];
    assert!(matches!(told(&mut station).await, ToAgent::Case { case, .. } if case.transcript == transcript));
}

#[tokio::test]
async fn only_who_leads_joins_whispers_and_takes_over() {
    let (hub, _) = desk().await;
    let (mut station, mut end, party) = talking(&hub, "an", "c1").await;
    let caller = CallerId("c1".into());
    let mut other = hub.open(person("bo", false)).await.unwrap();
    for wish in [FromAgent::Join { caller: caller.clone(), role: Role::Listener }, FromAgent::TakeOver { caller: caller.clone() }] {
        other.say(wish).await.unwrap();
        assert_eq!(told(&mut other).await, ToAgent::Refused(Refusal::NotYours));
    }
    let mut lead = hub.open(person("li", true)).await.unwrap();
    lead.say(FromAgent::Join { caller: caller.clone(), role: Role::Listener }).await.unwrap();
    assert!(matches!(told(&mut lead).await, ToAgent::Case { .. }));
    let ToCall::Seat { party: own, role: Role::Listener, .. } = next(&mut end).await else { panic!("nobody listens") };
    lead.say(FromAgent::Join { caller: caller.clone(), role: Role::Whisperer }).await.unwrap();
    assert!(matches!(next(&mut end).await, ToCall::Seat { party, role: Role::Whisperer, .. } if party == own));
    end.to_desk.send(FromCall::Sound { party: own, frame: Box::new([0.1; 320]) }).await.unwrap();
    assert_eq!(told(&mut lead).await, ToAgent::Sound(Box::new([0.1; 320])));
    lead.say(FromAgent::TakeOver { caller: caller.clone() }).await.unwrap();
    assert_eq!(next(&mut end).await, ToCall::Unseat { party: own });
    assert_eq!(next(&mut end).await, ToCall::Unseat { party });
    assert!(matches!(next(&mut end).await, ToCall::Seat { role: Role::Agent, .. }));
    does(&mut station, Doing::WrapUp).await;
}

#[tokio::test]
async fn nobody_there_and_out_of_hours_are_told_at_once() {
    let (hub, _) = desk().await;
    let mut end = call(&hub, "c1");
    assert_eq!(next(&mut end).await, ToCall::Back(TransferFailure::Nobody));
    tokio::time::advance(Duration::from_secs(11 * 3_600)).await;
    let mut end = call(&hub, "c2");
    let opens = Some(date(2026, 11, 24).at(8, 0, 0, 0));
    assert_eq!(next(&mut end).await, ToCall::Back(TransferFailure::Closed { opens }));
}

#[tokio::test]
async fn the_same_person_elsewhere_takes_the_call_along() {
    let (hub, _) = desk().await;
    let (mut station, mut end, first) = talking(&hub, "an", "c1").await;
    let mut elsewhere = hub.open(person("an", false)).await.unwrap();
    assert!(matches!(told(&mut elsewhere).await, ToAgent::Case { .. }));
    assert_eq!(told(&mut station).await, ToAgent::Replaced);
    assert_eq!(next(&mut end).await, ToCall::Unseat { party: first });
    assert!(matches!(next(&mut end).await, ToCall::Seat { .. }));
    // The older line has no say any more.
    station.say(FromAgent::HangUp).await.unwrap();
    elsewhere.say(FromAgent::Hold(true)).await.unwrap();
    assert_eq!(next(&mut end).await, ToCall::Hold(true));
}

#[tokio::test]
async fn a_call_back_an_order_and_a_note_are_written_down() {
    let (hub, database) = desk_in_real_time().await;
    let (mut station, _end, _) = talking(&hub, "an", "c1").await;
    let mut waiting = call(&hub, "c2");
    assert!(matches!(next(&mut waiting).await, ToCall::Place { .. }));
    waiting.to_desk.send(FromCall::ChoseCallBack).await.unwrap();
    assert_eq!(next(&mut waiting).await, ToCall::CallBackKept);
    let kept = database.call_backs().waiting(9).await.unwrap();
    assert_eq!((kept.len(), kept[0].about.as_str(), kept[0].to.reveal()), (1, "c2", "13800000001"));
    station.say(FromAgent::OpenOrder { class: "complaint".into(), text: "多扣了费".into() }).await.unwrap();
    assert!(matches!(told(&mut station).await, ToAgent::OrderOpened { number } if number.len() == 10));
    station.say(FromAgent::WrapUp { disposition: "nothing".into(), note: String::new() }).await.unwrap();
    assert_eq!(told(&mut station).await, ToAgent::Refused(Refusal::NoDisposition));
    // The call has no row: what cannot be kept is said.
    station.say(FromAgent::WrapUp { disposition: "solved".into(), note: "好".into() }).await.unwrap();
    assert_eq!(told(&mut station).await, ToAgent::Refused(Refusal::NotKept));
}

/// Callers come until the desk has looked and offers a call back, or none any more.
async fn comes_to_offer(hub: &Hub, name: &str, offers: bool) {
    for n in 0..100 {
        let mut end = call(hub, &format!("{name}-{n}"));
        let ToCall::Place { can_be_called, .. } = next(&mut end).await else { panic!("no place") };
        if can_be_called == offers {
            return;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    panic!("the desk never looks");
}

/// The campaign of callers who would rather be called back, as an operator has left it.
async fn put_campaign(database: &Database, trunk: &str, state: &str) {
    let new = NewCampaign {
        name: CallBackReason::Queue.campaign().into(),
        flow: "call_back".into(),
        lang: Lang::Zh,
        trunk: trunk.into(),
        caller: String::new(),
        week: String::new(),
        per_minute: 60,
        concurrent: 10,
        most_attempts: 3,
        needs_consent: false,
        on_machine: "retry".into(),
    };
    database.campaigns().create(&new, state, Signed { author: "op", at: jiff::Timestamp::now(), key: None }).await.unwrap();
}

#[tokio::test]
async fn nobody_is_offered_a_call_back_that_is_not_made() {
    let (hub, database) = desk_in_real_time().await;
    let (_station, _end, _) = talking(&hub, "an", "c1").await;
    let mut waiting = call(&hub, "c2");
    assert!(matches!(next(&mut waiting).await, ToCall::Place { can_be_called: true, .. }));
    put_campaign(&database, "", "cancelled").await;
    // Who was offered one before is told that it cannot be kept.
    waiting.to_desk.send(FromCall::ChoseCallBack).await.unwrap();
    assert_eq!(next(&mut waiting).await, ToCall::CallBackFailed);
    assert_eq!(database.call_backs().waiting(9).await.unwrap(), []);
    // Whoever comes once the desk has looked is offered none.
    comes_to_offer(&hub, "later", false).await;
}

#[tokio::test]
async fn nobody_is_offered_a_call_back_where_nobody_dials() {
    let (hub, database) = desk_in_real_time().await;
    let (_station, _end, _) = talking(&hub, "an", "c1").await;
    database.dialing().end().await.unwrap();
    comes_to_offer(&hub, "without", false).await;
    let mut waiting = call(&hub, "c2");
    assert!(matches!(next(&mut waiting).await, ToCall::Place { can_be_called: false, .. }));
    waiting.to_desk.send(FromCall::ChoseCallBack).await.unwrap();
    assert_eq!(next(&mut waiting).await, ToCall::CallBackFailed);
    assert_eq!(database.call_backs().waiting(9).await.unwrap(), []);
    // Over a trunk that the campaign may not use it is no better.
    put_campaign(&database, "main", "running").await;
    database.dialing().begin(&["spare".to_owned()]).await.unwrap();
    assert!(!database.call_backs().are_made(CallBackReason::Queue).await.unwrap());
    database.dialing().begin(&["spare".to_owned(), "main".to_owned()]).await.unwrap();
    comes_to_offer(&hub, "with", true).await;
}

#[tokio::test]
async fn who_takes_no_calls_and_closes_the_page_has_left() {
    let (hub, _) = desk().await;
    let mut board = hub.board();
    let lead = hub.open(person("li", true)).await.unwrap();
    let agent = ready(&hub, "an").await;
    let both = board.wait_for(|board| board.agents.iter().any(|agent| agent.doing == Doing::Ready)).await.unwrap().clone();
    assert_eq!(both.agents.len(), 2);
    drop(lead);
    board.wait_for(|board| board.agents.len() == 1 && !board.agents[0].interrupted).await.unwrap();
    // Who takes calls may come back to them.
    drop(agent);
    board.wait_for(|board| board.agents.iter().any(|agent| agent.interrupted)).await.unwrap();
    board.wait_for(|board| board.agents.is_empty()).await.unwrap();
}

#[tokio::test]
async fn the_wall_sees_who_waits_and_counts_how_it_ended() {
    let (hub, database) = desk_in_real_time().await;
    let mut board = hub.board();
    let (mut station, mut end, _) = talking(&hub, "an", "c1").await;
    let mut waiting = call(&hub, "c2");
    assert!(matches!(next(&mut waiting).await, ToCall::Place { .. }));
    let shown = board.wait_for(|board| board.queue.len() == 1).await.unwrap().clone();
    assert_eq!(shown.queue[0].caller.as_deref(), Some("138****0001"), "masked");
    assert_eq!(shown.agents.iter().map(|agent| (agent.shown.as_str(), agent.doing)).collect::<Vec<_>>(), [("AN", Doing::Talking)]);
    drop(waiting);
    board.wait_for(|board| board.queue.is_empty()).await.unwrap();
    station.say(FromAgent::HangUp).await.unwrap();
    assert_eq!(next(&mut end).await, ToCall::Served);
    does(&mut station, Doing::WrapUp).await;
    let midnight = date(2026, 11, 23).at(0, 0, 0, 0);
    let figures = loop {
        let figures = database.desk_waits().figures(midnight, 20).await.unwrap();
        if figures.first().is_some_and(|figures| figures.answered + figures.abandoned == 2) {
            break figures;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!((figures[0].skills.as_str(), figures[0].answered, figures[0].abandoned, figures[0].level()), ("zh", 1, 1, Some(50)));
}
