//! `tingshuo eval`: figures for labelled sets, as tables and as JSON.

pub mod asr;
pub mod knowledge;
pub mod nlu;

use super::Failure;

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

/// What is measured.
#[derive(clap::Subcommand)]
enum What {
    /// Speech to text: character, word and pinyin error, run-aways, time.
    Asr(asr::Args),
    /// Knowledge search: entries found, what is claimed rightly and wrongly, time.
    Knowledge(knowledge::Args),
    /// Intents: accuracy, F1, confusions, rejection, calibration, time.
    Nlu(nlu::Args),
}

pub fn run(args: Args) -> Result<(), Failure> {
    match args.what {
        What::Asr(args) => asr::run(args),
        What::Knowledge(args) => knowledge::run(args),
        What::Nlu(args) => nlu::run(args),
    }
}
