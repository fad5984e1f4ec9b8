//! `tingshuo campaign hear`: what a campaign's call says first, before anybody is called.

use crate::cli::Failure;
use crate::cli::house::House;
use crate::outbound::audition::{Audition, Wanted, Words, row};
use crate::outbound::campaign::find;
use crate::store::Database;
use jiff::Zoned;
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;

#[derive(clap::Args)]
pub struct Args {
    /// The campaign's name
    name: String,
    /// The contact whose variables the call tells: its id, as `results` and the console have it
    #[arg(long, value_name = "N")]
    contact: Option<i64>,
    /// What the call is told about the customer, over what the contact has; once for each
    #[arg(long = "with", value_name = "NAME=VALUE", value_parser = crate::cli::house::cell)]
    with: Vec<(String, String)>,
    /// Where it can be heard, as a WAV file; without it the words are printed only
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub async fn run(args: &Args, database: &Database, json: bool) -> Result<(), Failure> {
    let campaign = find(database, &args.name).await?;
    let wanted = Wanted { contact: args.contact, variables: args.with.iter().cloned().collect() };
    let row = row(database, &campaign, wanted).await?;
    let now = Zoned::now().datetime();
    let editions = Arc::new(House::at(now).await?.editions);
    let audition = Audition::new(editions, House::speech(row.lang)?);
    let words = audition.words(&campaign, &row, now).await?;
    let Words { lang, first, then } = &words;
    if json {
        println!("{}", json!({ "lang": lang.code(), "first": first, "then": then }));
    } else {
        for text in first.iter().chain(then) {
            println!("{text}");
        }
    }
    if let Some(out) = &args.out {
        std::fs::write(out, audition.sound(&words).await?)?;
    }
    Ok(())
}
