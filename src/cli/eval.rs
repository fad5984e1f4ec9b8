//! `tingshuo eval`: figures for labelled sets, as tables and as JSON.

pub mod amd;
pub mod asr;
pub mod calls;
mod fields;
mod keys;
pub mod knowledge;
pub mod nlu;
mod requests;
mod sayings;
mod sound;

use super::Failure;

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

/// What is measured.
#[derive(clap::Subcommand)]
enum What {
    /// Answering machines told from people: verdicts and when they are reached.
    Amd(amd::Args),
    /// Whole calls with sound: task completion, intents, turns, wrong actions.
    Calls(calls::Args),
    /// Speech to text: character, word and pinyin error, run-aways, time.
    Asr(asr::Args),
    /// Answers to closed questions and spoken numbers.
    Fields(fields::Args),
    /// Telephone keys as tones in the sound: heard, missed, and what else is taken for them.
    Keys(keys::Args),
    /// Knowledge search: entries found, what is claimed rightly and wrongly, time.
    Knowledge(knowledge::Args),
    /// Spoken wishes at the opening question: understood at first, after one confirmation.
    Requests(requests::Args),
    /// Intents: accuracy, F1, confusions, rejection, calibration, time.
    Nlu(nlu::Args),
}

/// At most `limit` things, spread evenly.
pub fn spread<T>(things: Vec<T>, limit: Option<usize>) -> Vec<T> {
    let Some(limit) = limit.filter(|&limit| limit < things.len()) else { return things };
    let all = things.len();
    let chosen = |index: usize| (index * limit) / all != ((index + 1) * limit) / all;
    things.into_iter().enumerate().filter(|(index, _)| chosen(*index)).map(|(_, thing)| thing).collect()
}

pub fn run(args: Args) -> Result<(), Failure> {
    match args.what {
        What::Amd(args) => amd::run(args),
        What::Calls(args) => calls::run(args),
        What::Asr(args) => asr::run(args),
        What::Fields(args) => fields::run(args),
        What::Keys(args) => keys::run(args),
        What::Knowledge(args) => knowledge::run(args),
        What::Requests(args) => requests::run(args),
        What::Nlu(args) => nlu::run(args),
    }
}
