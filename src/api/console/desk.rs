//! The agent desk: a page that lives on its own line (`crate::api::desk`).

use super::Console;
use super::frame::Frame;
use super::pages::{Answer, Fault, html};
use super::words::word;
use crate::api::gate::Visitor;
use crate::api::routes::Routes;
use askama::Template;
use axum::http::StatusCode;
use std::sync::Arc;

pub(super) fn routes(routes: Routes<Arc<Console>>) -> Routes<Arc<Console>> {
    routes.get("/console/desk", page)
}

/// Words that the page's script needs, by the name behind the dot.
const WORDS: &[&str] = &[
    "desk.closed",
    "desk.connecting",
    "desk.replaced",
    "desk.away",
    "desk.ready",
    "desk.ringing",
    "desk.talking",
    "desk.wrap_up",
    "desk.held",
    "desk.by_phone",
    "desk.phone_rings",
    "desk.phone_holds",
    "desk.phone_busy",
    "desk.phone_no_answer",
    "desk.phone_declined",
    "desk.phone_unreachable",
    "desk.hands_on",
    "desk.not_handed_on",
    "desk.not_handed_on_busy",
    "desk.not_handed_on_no_answer",
    "desk.not_handed_on_declined",
    "desk.no_telephone",
    "desk.no_skill",
    "desk.nobody_else",
    "desk.queue_full",
    "desk.hand_on_choose",
    "desk.to_skills",
    "desk.to_telephones",
    "desk.passed_on_by",
    "desk.interrupted",
    "desk.caller",
    "desk.service",
    "desk.agent",
    "desk.verified",
    "desk.unverified",
    "desk.withheld",
    "desk.nobody_waits",
    "desk.no_microphone",
    "desk.order_opened",
    "desk.keys",
    "desk.unhold",
    "desk.hold",
    "desk.pause_recording",
    "desk.resume_recording",
    "desk.mute",
    "desk.unmute",
    "desk.listen",
    "desk.whisper",
    "desk.barge",
    "desk.take_over",
    "desk.quit",
    "desk.left",
    "desk.sure",
    "desk.tries",
    "desk.not_yours",
    "desk.no_call",
    "desk.not_kept",
    "desk.no_disposition",
    "desk.caller_asked",
    "desk.not_understood",
    "desk.no_input",
    "desk.not_verified",
    "desk.system_down",
    "desk.flow_rule",
    "desk.done",
    "desk.not_found",
    "desk.refused",
    "desk.unavailable",
    "desk.language",
    "desk.lang_zh",
    "desk.lang_en",
    "desk.level_normal",
    "desk.level_silver",
    "desk.level_gold",
    "desk.level_platinum",
    "desk.wish",
    "desk.why",
    "desk.fact_name",
    "desk.fact_level",
    "desk.fact_area",
    "desk.fact_tags",
    "desk.fact_lost",
    "desk.fact_month",
    "desk.fact_amount",
    "desk.fact_plan",
    "desk.fact_pack",
    "desk.fact_number",
    "desk.fact_order",
    "desk.op_customer",
    "desk.op_incident",
    "desk.op_work_orders",
    "desk.op_balance",
    "desk.op_bill",
    "desk.op_usage",
    "desk.op_plan",
    "desk.op_points",
];

#[derive(Template)]
#[template(path = "desk.html")]
struct Page {
    frame: Frame,
    words: Vec<(&'static str, &'static str)>,
}

async fn page(visitor: Visitor) -> Answer {
    if !visitor.has_desk {
        return Err(Fault(StatusCode::NOT_FOUND));
    }
    let frame = Frame::of(&visitor, "desk");
    let named = |key: &&'static str| Some((key.split_once('.')?.1, word(frame.lang, key)));
    let words = WORDS.iter().filter_map(named).collect();
    Ok(html(&Page { frame, words }))
}
