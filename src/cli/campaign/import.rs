//! `tingshuo campaign import`: contacts out of a CSV file; rows that are not taken are told with their lines.

use crate::cli::Failure;
use crate::cli::check::load_calendar;
use crate::models::data_dir;
use crate::outbound::campaign::{find, state};
use crate::outbound::import::{Fault, Import, Imported, field};
use crate::outbound::sheet::Form;
use crate::store::Database;
use anyhow::{Context, bail};
use encoding_rs::Encoding;
use jiff::Timestamp;
use serde_json::json;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

/// The first line names the columns: one of telephone numbers (`phone`, 手机号, …), perhaps `region` and `lang`, and variables of the call. UTF-8, GB18030 and
/// UTF-16 are told apart, and commas, semicolons, tabs and bars. A number that the campaign has already is not added again, so the same file can be imported twice.
#[derive(clap::Args)]
pub struct Args {
    name: String,
    file: PathBuf,
    /// Shows what would be imported of the first rows
    #[arg(long)]
    pub preview: bool,
    /// Writes rows that are not taken here, as CSV of line and reason; without it they are printed to standard error
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    /// The column of telephone numbers, when its name is none that is known
    #[arg(long, value_name = "NAME")]
    phone_column: Option<String>,
    /// How the file is written, as gb18030, when that is not found rightly
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
}

const PREVIEWED: usize = 10;

impl Args {
    fn open(&self) -> Result<(File, Form), Failure> {
        let named = |name: &String| {
            Encoding::for_label(name.as_bytes()).with_context(|| format!("there is no encoding `{name}`; write utf-8 or gb18030"))
        };
        let encoding = self.encoding.as_ref().map(named).transpose()?;
        let mut file = File::open(&self.file).with_context(|| self.shown())?;
        let form = Form::find(&mut file, encoding).with_context(|| self.shown())?;
        Ok((file, form))
    }

    fn shown(&self) -> String {
        self.file.display().to_string()
    }
}

pub fn preview(args: &Args, json: bool) -> Result<(), Failure> {
    let calendar = load_calendar(&data_dir())?;
    let (file, form) = args.open()?;
    let mut import = Import::begin(file, form, args.phone_column.as_deref(), calendar.regions()).with_context(|| args.shown())?;
    let delimiter = char::from(form.delimiter);
    if json {
        let variables: Vec<&str> = import.columns.variables().collect();
        println!("{}", json!({"encoding": form.encoding.name(), "delimiter": delimiter.to_string(), "variables": variables}));
    } else {
        let variables: Vec<&str> = import.columns.variables().collect();
        println!("{}, fields between {delimiter:?}, variables: {}", form.encoding.name(), variables.join(", "));
    }
    for _ in 0..PREVIEWED {
        match import.contact()? {
            None => break,
            Some(Ok(contact)) if json => {
                println!(
                    "{}",
                    json!({"line": contact.line, "number": contact.to.to_string(), "region": contact.region, "variables": contact.variables})
                );
            }
            Some(Ok(contact)) => println!("{}: {} {} {}", contact.line, contact.to, contact.region, contact.variables),
            Some(Err(fault)) if json => println!("{}", json!({"line": fault.line, "fault": fault.reason.to_string()})),
            Some(Err(fault)) => println!("{}: not taken: {}", fault.line, fault.reason),
        }
    }
    Ok(())
}

pub async fn run(args: &Args, database: &Database, json: bool, now: Timestamp) -> Result<(), Failure> {
    let campaign = find(database, &args.name).await?;
    let state = state(&campaign)?;
    if !state.takes_contacts() {
        bail!("`{}` is {}; clone it to call somebody else", args.name, state.name());
    }
    let calendar = load_calendar(&data_dir())?;
    let (file, form) = args.open()?;
    let import = Import::begin(file, form, args.phone_column.as_deref(), calendar.regions()).with_context(|| args.shown())?;
    let mut faults: BufWriter<Box<dyn Write>> = BufWriter::new(match &args.faults {
        Some(path) => Box::new(File::create(path).with_context(|| path.display().to_string())?),
        None => Box::new(std::io::stderr()),
    });
    if args.faults.is_some() {
        writeln!(faults, "line,reason")?;
    }
    let told = |Fault { line, reason }: Fault| match &args.faults {
        Some(_) => writeln!(faults, "{line},{}", field(&reason.to_string())),
        None => writeln!(faults, "{}:{line}: {reason}", args.shown()),
    };
    let Imported { added, repeated, faulty } =
        import.into_campaign(database.contacts(), campaign.id, now, told).await.with_context(|| args.shown())?;
    faults.flush()?;
    if json {
        println!("{}", json!({"added": added, "repeated": repeated, "faulty": faulty}));
    } else {
        println!("{added} contacts added, {repeated} were there already, {faulty} rows have faults");
    }
    Ok(())
}
