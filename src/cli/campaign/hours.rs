//! `tingshuo campaign hours`: the calendar as days with their hours, and whether a call may go now.

use crate::cli::Failure;
use crate::cli::check::load_calendar;
use crate::models::data_dir;
use crate::outbound::{Calendar, MayCall};
use anyhow::bail;
use jiff::civil::Date;
use jiff::{Timestamp, Zoned};
use serde_json::json;

#[derive(clap::Args)]
pub struct Args {
    /// A region of the calendar; without it, where nothing else holds
    #[arg(long, value_name = "NAME")]
    region: Option<String>,
    /// The first day, as 2026-11-22; by default today
    #[arg(long, value_name = "DAY")]
    from: Option<Date>,
    #[arg(long, value_name = "N", default_value_t = 14, value_parser = clap::value_parser!(u16).range(1..=366))]
    days: u16,
}

pub fn run(args: &Args, json: bool) -> Result<(), Failure> {
    let calendar = load_calendar(&data_dir())?;
    let region = args.region.as_deref();
    let Some(zone) = calendar.zone(region).cloned() else {
        let known = calendar.regions().collect::<Vec<_>>().join(", ");
        bail!("the calendar has no region `{}`; it has: {known}", region.unwrap_or_default());
    };
    let now = Timestamp::now();
    let first = args.from.unwrap_or_else(|| Zoned::new(now, zone.clone()).date());
    for day in std::iter::successors(Some(first), |day| day.tomorrow().ok()).take(args.days.into()) {
        let spans: Vec<String> = calendar.on(day, region).iter().map(ToString::to_string).collect();
        if json {
            println!("{}", json!({"day": day.to_string(), "hours": spans}));
        } else {
            let shown = if spans.is_empty() { "no calls".to_owned() } else { spans.join(", ") };
            println!("{day} {:<3}  {shown}", day.strftime("%a").to_string());
        }
    }
    if !json {
        println!("{}", now_shown(&calendar, now, region));
    }
    Ok(())
}

fn now_shown(calendar: &Calendar, now: Timestamp, region: Option<&str>) -> String {
    let local = |at: Timestamp| calendar.zone(region).map(|zone| at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string());
    match calendar.may_call(now, region) {
        MayCall::Yes => "calls may go now".to_owned(),
        MayCall::NotBefore(at, reason) => format!("no calls now ({}), from {} on", reason.name(), local(at).unwrap_or_default()),
        MayCall::Never(reason) => format!("no calls for two months ({}): look at outbound/calendar.yaml", reason.name()),
    }
}
