//! `tingshuo mic`: a call with the person in front of this machine.

use super::Failure;
use super::house::{CallerArgs, House};
use crate::call::conversation::Conversation;
use crate::call::line::{Caption, Side};
use crate::call::record::outcome_name;
use crate::call::recording::Recording;
use crate::call::session::Session;
use crate::line::live::FromPeer;
use crate::line::microphone::{self, Choice};
use crate::text::Lang;
use std::io::BufRead;
use std::path::PathBuf;

/// A call with this machine's microphone and loudspeaker; better with a headset. Digits, * and # typed on a line are keys, Ctrl-D hangs up.
#[derive(clap::Args)]
pub struct Args {
    /// Show the microphones and loudspeakers of this machine, and end
    #[arg(long)]
    list: bool,
    /// The microphone, as --list names it; by default the system's own choice
    #[arg(long, value_name = "NAME")]
    microphone: Option<String>,
    /// The loudspeaker, as --list names it; by default the system's own choice
    #[arg(long, value_name = "NAME")]
    loudspeaker: Option<String>,
    /// Keep both sides of the call in this WAV file
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    #[command(flatten)]
    caller: CallerArgs,
}

pub fn run(args: Args) -> Result<(), Failure> {
    if args.list {
        list();
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(talk(&args))
}

fn list() {
    let (microphones, loudspeakers) = microphone::names();
    for (kind, names) in [("microphone", microphones), ("loudspeaker", loudspeakers)] {
        if names.is_empty() {
            println!("no {kind} was found");
        }
        for name in names {
            println!("{kind:<12} {name}");
        }
    }
}

async fn talk(args: &Args) -> Result<(), Failure> {
    let choice = Choice { microphone: args.microphone.clone(), loudspeaker: args.loudspeaker.clone() };
    let lang = args.caller.lang;
    // The devices first: without them nothing else is worth loading.
    let (line, devices) = microphone::open(&choice, move |caption| show(lang, &caption))?;
    let recording = match &args.record {
        Some(path) => Recording::in_file(path)?,
        None => Recording::nowhere(),
    };
    let house = House::open(&args.caller).await?;
    let (recogniser, speech) = (House::recogniser(true)?, House::speech(lang)?);
    let to_call = devices.to_call.clone();
    // Ends with the process: reading a terminal cannot be broken off.
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            for key in line.chars().filter(|key| key.is_ascii_digit() || matches!(key, '*' | '#')) {
                let _ = to_call.blocking_send(FromPeer::Key(key));
            }
        }
        let _ = to_call.blocking_send(FromPeer::HungUp);
    });
    let opening = args.caller.opening(house.services.engine.flows())?;
    let conversation = Conversation::new(house.services.clone(), opening);
    let finished = Session::new(line, conversation, recogniser, speech).recorded(recording).run().await;
    finished.recording.close().await;
    println!("[{}]", finished.record.outcome.as_ref().map_or("abandoned", outcome_name));
    Ok(())
}

fn show(lang: Lang, caption: &Caption) {
    let who = match (caption.who, lang) {
        (Side::Caller, Lang::Zh) => "您",
        (Side::Service, Lang::Zh) => "客服",
        (Side::Caller, Lang::En) => "you",
        (Side::Service, Lang::En) => "service",
    };
    if !caption.partial {
        println!("{who}: {}", caption.text);
    }
}
