//! `tingshuo sip judge`: a table of messages and what becomes of them.

use crate::cli::Failure;
use crate::line::sip::judge::{Judge, Ruling};
use anyhow::{Context, ensure};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Gives every file of a folder to a line of its own as one datagram and prints the answer, a file a line. Line ends of a file that has no
/// CR are made CR LF. Nothing goes onto a network.
#[derive(clap::Args)]
pub struct Args {
    /// A folder with a message a file.
    folder: PathBuf,
    /// One JSON object a line: file, ruling, code, reason.
    #[arg(long)]
    json: bool,
    /// Give so many damaged copies of the messages to one line instead, and print how often each ruling came and how the memory grew.
    #[arg(long, value_name = "COUNT")]
    mutations: Option<usize>,
    /// What the damage is drawn from.
    #[arg(long, default_value_t = 1, requires = "mutations")]
    seed: u64,
}

#[derive(serde::Serialize)]
struct Line<'a> {
    file: &'a str,
    ruling: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<u16>,
    reason: &'a str,
}

/// # Errors
/// The folder cannot be read or holds nothing, or a message that came through got no answer.
pub fn run(args: &Args) -> Result<(), Failure> {
    let messages = messages(&args.folder)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match args.mutations {
        Some(count) => runtime.block_on(mutations(&messages, count, args.seed)),
        None => runtime.block_on(table(&messages, args.json)),
    }
}

fn messages(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>, Failure> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read the folder {}", folder.display()))?;
    let mut messages = BTreeMap::new();
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_file()) {
        let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        messages.insert(name, as_on_the_wire(bytes));
    }
    ensure!(!messages.is_empty(), "{} holds no file", folder.display());
    Ok(messages)
}

fn as_on_the_wire(bytes: Vec<u8>) -> Vec<u8> {
    if bytes.contains(&b'\r') {
        return bytes;
    }
    bytes.iter().flat_map(|byte| if *byte == b'\n' { vec![b'\r', b'\n'] } else { vec![*byte] }).collect()
}

async fn table(messages: &BTreeMap<String, Vec<u8>>, json: bool) -> Result<(), Failure> {
    let width = messages.keys().map(String::len).max().unwrap_or(0);
    let mut silent = 0;
    for (file, bytes) in messages {
        let ruling = Judge::new().await?.rule(bytes).await;
        silent += usize::from(ruling == Ruling::Silence);
        let (name, code, reason) = words(&ruling);
        if json {
            println!("{}", serde_json::to_string(&Line { file, ruling: name, code, reason })?);
        } else {
            let code = code.map_or(String::new(), |code| format!("{code} "));
            println!("{file:width$}  {name:8}  {code}{reason}");
        }
    }
    ensure!(silent == 0, "{silent} of {} messages came through the gate and got no answer", messages.len());
    Ok(())
}

fn words(ruling: &Ruling) -> (&'static str, Option<u16>, &str) {
    match ruling {
        Ruling::Answered { code, reason } => ("answered", Some(*code), reason),
        Ruling::Taken => ("taken", None, ""),
        Ruling::Dropped(why) => ("dropped", None, why),
        Ruling::Silence => ("silence", None, "no answer came"),
    }
}

async fn mutations(messages: &BTreeMap<String, Vec<u8>>, count: usize, seed: u64) -> Result<(), Failure> {
    let mut random = SmallRng::seed_from_u64(seed);
    let mut rulings: BTreeMap<String, usize> = BTreeMap::new();
    let originals: Vec<&Vec<u8>> = messages.values().collect();
    let mut judge = Judge::new().await?;
    let mut before_kb = None;
    for n in 0..count {
        let Some(original) = originals.get(n % originals.len()) else { continue };
        let message = damaged(&of_another_call(original, n), &mut random);
        let ruling = judge.rule(&message).await;
        if ruling == Ruling::Silence {
            eprintln!("no answer came to\n{}", String::from_utf8_lossy(&message).escape_debug());
        }
        let (name, code, _) = words(&ruling);
        *rulings.entry(code.map_or(name.to_owned(), |code| code.to_string())).or_default() += 1;
        // The first tenth warms up what is kept for good.
        if n == count / 10 {
            before_kb = resident_kb();
        }
    }
    for (ruling, times) in &rulings {
        println!("{ruling:8}  {times}");
    }
    println!("calls that wait for their end: {}", judge.calls());
    if let (Some(before), Some(after)) = (before_kb, resident_kb()) {
        println!("memory after a tenth and at the end: {before} kB, {after} kB");
    }
    let silent = rulings.get("silence").copied().unwrap_or(0);
    ensure!(silent == 0, "{silent} of {count} messages came through the gate and got no answer");
    Ok(())
}

/// The same message with a number behind its Call-ID: what is sent again is not answered anew.
fn of_another_call(original: &[u8], number: usize) -> Vec<u8> {
    let lines = original.split_inclusive(|byte| *byte == b'\n');
    let numbered = lines.map(|line| match std::str::from_utf8(line).ok().and_then(|line| line.split_once(':')) {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("call-id") => {
            format!("{name}:{}-{number}\r\n", value.trim_end()).into_bytes()
        }
        _ => line.to_vec(),
    });
    numbered.collect::<Vec<_>>().concat()
}

/// Some bytes are changed, put in, or taken out.
fn damaged(original: &[u8], random: &mut SmallRng) -> Vec<u8> {
    let mut bytes = original.to_vec();
    for _ in 0..random.random_range(1..=4) {
        let at = random.random_range(0..bytes.len().max(1));
        match random.random_range(0..4) {
            0 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte = random.random()),
            1 => bytes.insert(at.min(bytes.len()), random.random()),
            2 => {
                let end = (at + random.random_range(1..=16)).min(bytes.len());
                drop(bytes.drain(at.min(end)..end));
            }
            _ => {
                let piece: Vec<u8> = bytes.iter().skip(at).take(40).copied().collect();
                let to = random.random_range(0..=bytes.len());
                bytes.splice(to..to, piece);
            }
        }
    }
    bytes
}

/// The resident memory of this process; `None` where the system does not say.
fn resident_kb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
