//! `tingshuo campaign results`: a line for each contact, as CSV that a spreadsheet opens safely.

use crate::cli::Failure;
use crate::outbound::campaign::find;
use crate::outbound::import::{RESULTS_HEAD, result_line};
use crate::store::{Database, SoughtContacts};
use anyhow::Context;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

/// Numbers are masked; `line` is that of the file which the contact came with.
#[derive(clap::Args)]
pub struct Args {
    name: String,
    /// By default standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

const PAGE: u32 = 10_000;

pub async fn run(args: &Args, database: &Database) -> Result<(), Failure> {
    let campaign = find(database, &args.name).await?;
    let mut out: BufWriter<Box<dyn Write>> = BufWriter::new(match &args.out {
        Some(path) => Box::new(File::create(path).with_context(|| path.display().to_string())?),
        None => Box::new(std::io::stdout()),
    });
    out.write_all(RESULTS_HEAD.as_bytes())?;
    let mut after = 0;
    loop {
        let page = database.contacts().page(campaign.id, SoughtContacts { after, most: PAGE, ..SoughtContacts::default() }).await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        for row in page {
            out.write_all(result_line(row).as_bytes())?;
        }
    }
    out.flush()?;
    Ok(())
}
