//! `tingshuo call`: a whole call from recordings.

mod conversation_view;
mod report;

use super::Failure;
use super::house::{CallerArgs, House};
use crate::audio::endpointer::cut_at_long_pauses;
use crate::audio::{Audio, CALL_RATE_HZ, wav};
use crate::call::conversation::Conversation;
use crate::call::recording::Tracks;
use crate::call::session::{Finished, Session};
use crate::line::wav::{Turns, WavLine};
use anyhow::Context;
use std::path::{Path, PathBuf};

/// A silence this long separates two things that a caller says in one recording.
const BETWEEN_PIECES_MS: u32 = 1_200;

/// A whole call from recordings. What the caller says is played a piece at a time (several files, or one cut at its long pauses), each when
/// the service has finished asking.
#[derive(clap::Args)]
pub struct CallArgs {
    /// The caller's recordings, in the order of speaking: WAV in any common form
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    wav: Vec<PathBuf>,
    /// Play the recording from the first moment of the call on, with its own timing
    #[arg(long, conflicts_with = "interrupt")]
    as_is: bool,
    /// Speak each piece this many milliseconds into the prompt instead of after it
    #[arg(long, value_name = "MS")]
    interrupt: Option<u32>,
    /// Let the call take its real time, so that the timings show what a caller would wait
    #[arg(long)]
    realtime: bool,
    /// Write reply.wav (what the caller heard), both.wav (caller left, service right) and call.json here
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print call.json instead of the conversation
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    caller: CallerArgs,
}

pub fn run(args: CallArgs) -> Result<(), Failure> {
    let pieces = pieces(&args)?;
    if let Some(folder) = &args.out {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let Finished { record, recording, .. } = runtime.block_on(hold(&args, pieces))?;
    let json = report::json(&record);
    if let Some(folder) = &args.out {
        write(folder, &recording.tracks().unwrap_or_default(), &json)?;
    }
    if args.json {
        println!("{json:#}");
    } else {
        conversation_view::print(&record, args.realtime);
        if let Some(folder) = &args.out {
            println!("Written: {}, {}, {}", show(folder, "reply.wav"), show(folder, "both.wav"), show(folder, "call.json"));
        }
    }
    Ok(())
}

fn show(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string()
}

/// What the caller will say, in order.
fn pieces(args: &CallArgs) -> Result<Vec<Audio>, Failure> {
    let files: Vec<Audio> =
        args.wav.iter().map(|file| wav::read(file).with_context(|| file.display().to_string())).collect::<Result<_, _>>()?;
    match files.as_slice() {
        [one] if !args.as_is => {
            let pieces = cut_at_long_pauses(one, BETWEEN_PIECES_MS);
            Ok(if pieces.is_empty() { files } else { pieces })
        }
        _ => Ok(files),
    }
}

async fn hold(args: &CallArgs, pieces: Vec<Audio>) -> Result<Finished, Failure> {
    let house = House::open(&args.caller).await?;
    let recogniser = House::recogniser(args.realtime)?;
    let speech = House::speech(args.caller.lang)?;
    let turns = match args.interrupt {
        Some(after_ms) => Turns::Interrupting { after_ms },
        None if args.as_is => Turns::AsIs,
        None => Turns::Polite,
    };
    let opening = args.caller.opening(house.services.engine.flows())?;
    let conversation = Conversation::new(house.services.clone(), opening);
    let line = WavLine::new(pieces, turns, args.realtime);
    let finished = Session::new(line, conversation, recogniser, speech).run().await;
    Ok(finished)
}

fn write(folder: &Path, tracks: &Tracks, json: &serde_json::Value) -> Result<(), Failure> {
    let (caller, service) = (tracks.caller(), tracks.service());
    let reply = folder.join("reply.wav");
    wav::write(&reply, CALL_RATE_HZ, &[&service]).with_context(|| reply.display().to_string())?;
    let both = folder.join("both.wav");
    wav::write(&both, CALL_RATE_HZ, &[&caller, &service]).with_context(|| both.display().to_string())?;
    let record = folder.join("call.json");
    std::fs::write(&record, format!("{json:#}\n")).with_context(|| record.display().to_string())?;
    Ok(())
}
