//! Calls that were promised are made, and those that ask for a score once an order is closed: each is a contact of a campaign that stands for its reason, and so under all rules of calls that go out. When the contact is
//! through the promise is kept, or given up with its outcome; the work order or the call that it comes from says which.

use super::campaign::{self, CampaignError, Move, State};
use super::office::TOLD;
use crate::store::{CallBack, CallBackReason, CampaignRow, Database, NewCampaign, NewContact, Signed};
use crate::text::Lang;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Campaigns that are there as soon as something is promised; operators may change, pause and cancel them.
pub const CAMPAIGNS: [&str; 3] = [CallBackReason::Queue.campaign(), CallBackReason::Result.campaign(), CallBackReason::Survey.campaign()];
/// Taken up in one round.
const MOST: u32 = 100;

/// What was promised waits for its call, and what came of calls is told. `zone` is the service's.
pub async fn round(database: &Database, zone: &TimeZone, now: Timestamp) -> Result<(), CampaignError> {
    let call_backs = database.call_backs();
    call_backs.settle(now.to_zoned(zone.clone()).datetime(), CAMPAIGNS, told).await?;
    for promised in call_backs.untaken(MOST).await? {
        let campaign = standing(database, promised.reason, now).await?;
        if campaign::state(&campaign)?.takes_contacts() {
            call_backs.take_up(promised.id, campaign.id, &contact(&promised), now).await?;
        }
    }
    Ok(())
}

/// Calls that were promised to customers and that only this campaign makes.
pub async fn open(database: &Database, campaign: &CampaignRow) -> Result<u64, CampaignError> {
    let [queue, result, _] = CAMPAIGNS;
    let reason = match campaign.is.name.as_str() {
        name if name == queue => Some(CallBackReason::Queue),
        name if name == result => Some(CallBackReason::Result),
        _ => None,
    };
    Ok(database.call_backs().open_of(campaign.id, reason).await?)
}

/// Cancels a campaign. Promises that it would have kept are given up, and who made them is told so; that wants to be known: `confirmed` is their number.
///
/// # Errors
/// There are more of them than were confirmed; or it cannot be cancelled.
pub async fn cancel(database: &Database, campaign: &CampaignRow, confirmed: u64, signed: Signed<'_>) -> Result<State, CampaignError> {
    let open = open(database, campaign).await?;
    if open > confirmed {
        return Err(CampaignError::Promised(open));
    }
    campaign::advance(database, campaign, Move::Cancel, signed).await
}

/// The campaign of a reason, which runs from the first promise on.
async fn standing(database: &Database, reason: CallBackReason, now: Timestamp) -> Result<CampaignRow, CampaignError> {
    let name = reason.campaign();
    let (flow, most_attempts) = match reason {
        CallBackReason::Queue => ("call_back", 3),
        CallBackReason::Result => ("order_result", 3),
        // It was not promised: who does not answer is left in peace sooner.
        CallBackReason::Survey => ("order_closed", 2),
    };
    if let Some(there) = database.campaigns().find(name).await? {
        return Ok(there);
    }
    let new = NewCampaign {
        name: name.to_owned(),
        flow: flow.to_owned(),
        lang: Lang::Zh,
        trunk: String::new(),
        caller: String::new(),
        week: String::new(),
        per_minute: 60,
        concurrent: 10,
        most_attempts,
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
        CallBackReason::Result | CallBackReason::Survey => {
            serde_json::json!({ "name": name, "what": what, "order_number": promised.about })
        }
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
fn told(reason: CallBackReason, outcome: &str) -> String {
    match (reason, TOLD.contains(&outcome)) {
        (CallBackReason::Survey, true) => "已回访，请客户评价 / called and asked for a score".to_owned(),
        (CallBackReason::Survey, false) => format!("回访没有评价（{outcome}） / not asked for a score ({outcome})"),
        (_, true) => "已回电告知结果 / called back and told".to_owned(),
        (_, false) => format!("回电没有告知（{outcome}） / called back, not told ({outcome})"),
    }
}

#[cfg(test)]
mod tests;
