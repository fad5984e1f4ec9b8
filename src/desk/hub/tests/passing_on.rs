//! Callers whom agents pass on to colleagues.

use super::*;
use crate::call::transfer::PassedOn;

fn passes_on(skill: &str, note: &str) -> FromAgent {
    FromAgent::PassOn { skill: skill.into(), note: note.into() }
}

#[tokio::test]
async fn a_colleague_gets_the_caller_with_all_that_was_said_and_a_note() {
    let (hub, _) = desk().await;
    let (mut an, mut end, party) = talking(&hub, "an", "c1").await;
    end.to_desk.send(FromCall::Said(said("上月多扣了费"))).await.unwrap();
    assert_eq!(told(&mut an).await, ToAgent::Said(said("上月多扣了费")));
    let mut lead = hub.open(person("li", true)).await.unwrap();
    lead.say(FromAgent::Join { caller: CallerId("c1".into()), role: Role::Listener }).await.unwrap();
    assert!(matches!(told(&mut lead).await, ToAgent::Case { .. }));
    assert!(matches!(next(&mut end).await, ToCall::Seat { role: Role::Listener, .. }));
    let mut bo = ready(&hub, "bo").await;
    does(&mut bo, Doing::Ready).await;
    an.say(passes_on("billing", " 要核对流水，电话 13800000002 ")).await.unwrap();
    assert_eq!(next(&mut end).await, ToCall::PassedOn { by: "an".into(), skill: "billing".into() });
    does(&mut an, Doing::WrapUp).await;
    let ToAgent::Case { caller, case } = told(&mut bo).await else { panic!("nobody rings") };
    assert_eq!((caller.0.as_str(), &case.transcript[..]), ("c1", &[said("查话费"), said("上月多扣了费")][..]));
    let passed_on = PassedOn { by: "AN".into(), skill: "billing".into(), note: "要核对流水，电话 138****0002".into() };
    assert_eq!(case.passed_on, [passed_on]);
    while !matches!(lead.from_desk.recv().await.unwrap(), ToAgent::View(view) if view.beside.is_none()) {}
    bo.say(FromAgent::Accept).await.unwrap();
    assert!(matches!(next(&mut end).await, ToCall::Seat { party: own, role: Role::Agent, name } if own != party && name == "bo"));
    // Who passed him on is not heard any more, who listened neither.
    for other in [&an, &lead] {
        other.say(FromAgent::Sound(vec![0.5; 320])).await.unwrap();
    }
    an.say(FromAgent::HangUp).await.unwrap();
    bo.say(FromAgent::Sound(vec![0.25; 320])).await.unwrap();
    assert!(matches!(next(&mut end).await, ToCall::Sound { samples, .. } if samples == [0.25; 320]));
    bo.say(FromAgent::HangUp).await.unwrap();
    assert_eq!(next(&mut end).await, ToCall::Served);
}

#[tokio::test]
async fn who_passes_nobody_on_is_told_why() {
    let (hub, _) = desk().await;
    let mut away = hub.open(person("cy", false)).await.unwrap();
    let refused = async |station: &mut Station, skill: &str| {
        station.say(passes_on(skill, "")).await.unwrap();
        match told(station).await {
            ToAgent::Refused(why) => why,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(refused(&mut away, "billing").await, Refusal::NoCall);
    let (mut bo, mut end, party) = talking(&hub, "bo", "c1").await;
    assert_eq!(refused(&mut bo, "the moon").await, Refusal::NoSkill);
    assert_eq!(refused(&mut bo, "network").await, Refusal::NobodyElse);
    // Nothing was said to the caller, and all is as before.
    bo.say(FromAgent::Sound(vec![0.5; 320])).await.unwrap();
    assert_eq!(next(&mut end).await, ToCall::Sound { party, samples: vec![0.5; 320] });
    let _busy = talking(&hub, "cy", "c2").await;
    let mut waiting = Vec::new();
    for n in 0..Rules::built_in().most_waiting {
        waiting.push(call(&hub, &format!("w{n}")));
    }
    assert!(matches!(next(waiting.last_mut().unwrap()).await, ToCall::Place { .. }));
    assert_eq!(refused(&mut bo, "billing").await, Refusal::QueueFull);
}

#[tokio::test]
async fn who_is_passed_on_waits_on_the_wall_and_may_be_called_back() {
    let (hub, database) = desk_in_real_time().await;
    let mut board = hub.board();
    let (an, mut end, _) = talking(&hub, "an", "c1").await;
    let (_bo, _busy, _) = talking(&hub, "bo", "c2").await;
    an.say(passes_on("billing", "")).await.unwrap();
    assert!(matches!(next(&mut end).await, ToCall::PassedOn { .. }));
    assert!(matches!(next(&mut end).await, ToCall::Place { place: 1, can_be_called: true, .. }));
    let shown = board.wait_for(|board| board.queue.len() == 1).await.unwrap().clone();
    assert_eq!(shown.queue[0].skills, ["billing".to_owned(), "zh".to_owned()].into());
    end.to_desk.send(FromCall::ChoseCallBack).await.unwrap();
    assert_eq!(next(&mut end).await, ToCall::CallBackKept);
    board.wait_for(|board| board.queue.is_empty()).await.unwrap();
    // Each wait is counted where it was.
    let midnight = date(2026, 11, 23).at(0, 0, 0, 0);
    let figures = loop {
        let figures = database.desk_waits().figures(midnight, 20).await.unwrap();
        if figures.iter().map(|each| each.answered + each.called_back).sum::<i64>() == 3 {
            break figures;
        }
        tokio::task::yield_now().await;
    };
    let counted: Vec<_> = figures.iter().map(|each| (each.skills.as_str(), each.answered, each.called_back)).collect();
    assert_eq!(counted, [("billing zh", 0, 1), ("zh", 2, 0)]);
}

#[tokio::test]
async fn who_is_passed_on_may_hang_up_and_comes_back_when_nobody_is_left() {
    let (hub, _) = desk().await;
    let (an, mut end, _) = talking(&hub, "an", "c1").await;
    let (bo, mut busy, _) = talking(&hub, "bo", "c2").await;
    an.say(passes_on("billing", "")).await.unwrap();
    assert!(matches!(next(&mut end).await, ToCall::PassedOn { .. }));
    drop(an);
    bo.say(FromAgent::Away).await.unwrap();
    bo.say(FromAgent::HangUp).await.unwrap();
    assert_eq!(next(&mut busy).await, ToCall::Served);
    drop(bo);
    let back = loop {
        match next(&mut end).await {
            ToCall::Place { .. } => {}
            other => break other,
        }
    };
    assert_eq!(back, ToCall::Back(TransferFailure::Nobody));
    let (an, end, _) = talking(&hub, "an", "c3").await;
    let (mut bo, _busy, _) = talking(&hub, "bo", "c4").await;
    an.say(passes_on("billing", "")).await.unwrap();
    let mut board = hub.board();
    board.wait_for(|board| board.queue.len() == 1).await.unwrap();
    drop(end);
    board.wait_for(|board| board.queue.is_empty()).await.unwrap();
    bo.say(FromAgent::HangUp).await.unwrap();
    does(&mut bo, Doing::Ready).await;
}
