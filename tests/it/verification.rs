//! Who is calling: wrong answers lock the verification across calls, the lock ends by itself, and secrets are kept nowhere.

use super::scenarios_text::house_at;
use jiff::civil::{DateTime, date};
use std::sync::{Arc, Mutex};
use tingshuo::call::conversation::Conversation;
use tingshuo::call::record::CallRecord;
use tingshuo::call::services::Services;
use tingshuo::call::text_call::{Input, TextCall};
use tingshuo::dialog::Opening;
use tingshuo::text::{Lang, PhoneNumber};

fn at(hour: i8, minute: i8) -> DateTime {
    date(2026, 11, 22).at(hour, minute, 0, 0)
}

/// A call of customer 13800000004 who reports a loss; gives the prompts of every reply, and the record.
async fn call(house: &Arc<Services>, now: DateTime, id: &str, inputs: &[Input<'_>]) -> (Vec<Vec<String>>, CallRecord) {
    let caller = PhoneNumber::parse("13800000004");
    let opening = Opening { caller, lang: Lang::Zh, now, survey: false, by_keys: false, errand: None, call_id: id.to_owned() };
    let (mut call, _) = TextCall::begin(Conversation::new(house.clone(), opening)).await;
    let mut prompts = Vec::new();
    for input in inputs {
        let reply = call.take(*input).await;
        prompts.push(reply.said.iter().map(|said| said.prompt.clone()).collect());
    }
    (prompts, call.finish().await)
}

#[test]
fn who_calls_is_proved_in_time_and_in_secret() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let clock = Arc::new(Mutex::new(at(9, 0)));
        let told = clock.clone();
        let house = house_at(Arc::new(move || *told.lock().unwrap())).await;
        a_lock_holds_in_the_next_call_and_ends_by_itself(&house, &clock).await;
        secrets_are_in_no_record(&house).await;
    });
}

async fn a_lock_holds_in_the_next_call_and_ends_by_itself(house: &Arc<Services>, clock: &Mutex<DateTime>) {
    let wrong = [Input::Words("挂失"), Input::Keys("111111"), Input::Keys("222222"), Input::Keys("333333")];
    let (prompts, _) = call(house, at(9, 0), "first", &wrong).await;
    assert_eq!(prompts.last().unwrap(), &["transfer_locked"]);
    *clock.lock().unwrap() = at(9, 10);
    let right = [Input::Words("挂失"), Input::Keys("417036")];
    let (prompts, _) = call(house, at(9, 10), "second", &right).await;
    assert_eq!(prompts.last().unwrap(), &["transfer_locked"], "a right answer is not looked at");
    *clock.lock().unwrap() = at(9, 40);
    let (prompts, _) = call(house, at(9, 40), "third", &right).await;
    assert_eq!(prompts.last().unwrap(), &["verified", "report_loss.sure"]);
}

async fn secrets_are_in_no_record(house: &Arc<Services>) {
    let inputs = [
        Input::Words("我的密码是四一七零三六"),
        Input::Words("不用"),
        Input::Words("挂失"),
        Input::Words("四一七"),
        Input::Words("不对，四一八"),
        Input::Words("四一七零三六"),
        Input::Words("取消"),
    ];
    let (prompts, mut record) = call(house, at(9, 40), "spoken", &inputs).await;
    assert!(prompts.iter().any(|said| said.contains(&"verified".to_owned())), "{prompts:?}");
    // Its figures may be any.
    record.turns.iter_mut().for_each(|turn| turn.intent_confidence = 0.0);
    let kept = format!("{record:?}");
    for secret in ["四一七", "417", "四一八", "零三六", "036"] {
        assert!(!kept.contains(secret), "{secret} in {kept}");
    }
}
