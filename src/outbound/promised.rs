//! Calls that were promised are made: each is a contact of a campaign that stands for its reason, and so under all rules of calls that go out. When the contact is
//! through the promise is kept, or given up with its outcome; the work order or the call that it comes from says which.

use super::campaign::{self, CampaignError, Move};
use super::office::TOLD;
use crate::store::{CallBack, CallBackReason, CampaignRow, Database, NewCampaign, NewContact, Signed};
use crate::text::Lang;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Campaigns that are there as soon as something is promised; operators may change, pause and cancel them.
pub const CAMPAIGNS: [&str; 2] = ["排队回电", "工单回电"];
/// Taken up in one round.
const MOST: u32 = 100;

/// What was promised waits for its call, and what came of calls is told. `zone` is the service's.
pub async fn round(database: &Database, zone: &TimeZone, now: Timestamp) -> Result<(), CampaignError> {
    let call_backs = database.call_backs();
    call_backs.settle(now.to_zoned(zone.clone()).datetime(), told).await?;
    for promised in call_backs.untaken(MOST).await? {
        let campaign = standing(database, promised.reason, now).await?;
        if campaign::state(&campaign)?.takes_contacts() {
            call_backs.take_up(promised.id, campaign.id, &contact(&promised), now).await?;
        }
    }
    Ok(())
}

/// The campaign of a reason, which runs from the first promise on.
async fn standing(database: &Database, reason: CallBackReason, now: Timestamp) -> Result<CampaignRow, CampaignError> {
    let [queue, result] = CAMPAIGNS;
    let (name, flow) = match reason {
        CallBackReason::Queue => (queue, "call_back"),
        CallBackReason::Result => (result, "order_result"),
    };
    if let Some(there) = database.campaigns().find(name).await? {
        return Ok(there);
    }
    let new = NewCampaign {
        name: name.to_owned(),
        flow: flow.to_owned(),
        lang: Lang::Zh,
        trunk: String::new(),
        week: String::new(),
        per_minute: 60,
        concurrent: 10,
        most_attempts: 3,
        needs_consent: false,
        on_machine: "retry".to_owned(),
    };
    let signed = Signed { author: "service", at: now, key: None };
    campaign::create(database, &new, signed).await?;
    let created = campaign::find(database, name).await?;
    campaign::advance(database, &created, Move::Start, signed).await?;
    campaign::find(database, name).await
}

/// Nobody asked for a name: it is the account holder who is called.
fn contact(promised: &CallBack) -> NewContact {
    let (name, what) = match promised.lang {
        Lang::Zh => ("机主", "问题"),
        Lang::En => ("the account holder", "report"),
    };
    let variables = match promised.reason {
        CallBackReason::Queue => serde_json::json!({ "name": name }),
        CallBackReason::Result => serde_json::json!({ "name": name, "what": what, "order_number": promised.about }),
    };
    NewContact {
        line: promised.id.unsigned_abs(),
        to: promised.to.clone(),
        region: String::new(),
        lang: Some(promised.lang.code().to_owned()),
        variables: variables.to_string(),
    }
}

/// A line of a work order's history.
fn told(outcome: &str) -> String {
    if TOLD.contains(&outcome) {
        "已回电告知结果 / called back and told".to_owned()
    } else {
        format!("回电没有告知（{outcome}） / called back, not told ({outcome})")
    }
}

#[cfg(test)]
mod tests;
