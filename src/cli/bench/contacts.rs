//! `tingshuo bench contacts`: how long the import of a large file of contacts takes, and how much memory.

use crate::cli::Failure;
use crate::outbound::campaign::create;
use crate::outbound::import::Import;
use crate::outbound::sheet::Form;
use crate::store::{Database, NewCampaign, Signed};
use crate::text::Lang;
use anyhow::Context;
use encoding_rs::GB18030;
use jiff::Timestamp;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Writes a file of invented contacts, one row in a thousand of them broken, and imports it into a new database; both are gone afterwards.
#[derive(clap::Args)]
pub struct Args {
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    rows: u32,
    /// As spreadsheets in China write it, instead of UTF-8
    #[arg(long)]
    gb18030: bool,
    /// A folder for file and database, which is made
    #[arg(long, value_name = "DIR")]
    folder: PathBuf,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    std::fs::create_dir(&args.folder).with_context(|| format!("{}: must be a folder that is not there yet", args.folder.display()))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let result = runtime.block_on(measure(args));
    std::fs::remove_dir_all(&args.folder)?;
    result
}

async fn measure(args: &Args) -> Result<(), Failure> {
    let path = args.folder.join("contacts.csv");
    let broken = write(args, &path)?;
    let database = Database::open(&args.folder.join("campaigns.db")).await?;
    let now = Timestamp::now();
    let new = NewCampaign {
        name: "bench".to_owned(),
        flow: "welcome".to_owned(),
        lang: Lang::Zh,
        trunk: String::new(),
        caller: String::new(),
        week: String::new(),
        per_minute: 60,
        concurrent: 10,
        most_attempts: 1,
        needs_consent: false,
        on_machine: "message".to_owned(),
    };
    let campaign = create(&database, &new, Signed { author: "bench", at: now, key: None }).await?;
    let began = Instant::now();
    let mut file = File::open(&path)?;
    let form = Form::find(&mut file, None)?;
    let import = Import::begin(file, form, None, std::iter::empty())?;
    let mut lines = Vec::new();
    let imported = import
        .into_campaign(database.contacts(), campaign, now, |fault| {
            lines.push(fault.line);
            Ok(())
        })
        .await?;
    let seconds = began.elapsed().as_secs_f64();
    anyhow::ensure!(lines == broken, "the faults told are not those made: {} and {}", lines.len(), broken.len());
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).map_or("unknown", str::trim);
    println!("| rows | encoding | added | faults, each with its line | seconds | most memory |\n| --- | --- | --- | --- | --- | --- |");
    println!("| {} | {} | {} | {} | {seconds:.1} | {peak} |", args.rows, form.encoding.name(), imported.added, imported.faulty);
    Ok(())
}

/// Gives the lines that are broken.
fn write(args: &Args, path: &Path) -> Result<Vec<u64>, Failure> {
    let mut file = BufWriter::new(File::create(path)?);
    let mut broken = Vec::new();
    let mut put = |line: &str| match args.gb18030 {
        true => file.write_all(&GB18030.encode(line).0),
        false => file.write_all(line.as_bytes()),
    };
    put("手机号,姓名,金额,到期日\n")?;
    for row in 0..args.rows {
        if row % 1000 == 999 {
            broken.push(u64::from(row) + 2);
            put("没有号码,王先生,1,1\n")?;
        } else {
            put(&format!("139{row:08},王先生,{}.50,2026-12-{:02}\n", row % 300, row % 28 + 1))?;
        }
    }
    file.flush()?;
    Ok(broken)
}
