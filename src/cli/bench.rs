//! `tingshuo bench`: figures for the README, on recordings that the user names and on what the service says itself.

pub mod calls;
pub mod campaign;
pub mod contacts;
pub mod desk;
pub mod endpoint;
pub mod interruption;
pub mod material;
pub mod network;
pub mod speak;
pub mod vad;

use super::Failure;
use clap::Subcommand;

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    pub what: What,
}

#[derive(Subcommand)]
pub enum What {
    /// Many callers at once on a running service: how long they wait, what is lost.
    Calls(calls::CallsArgs),
    /// A caller who wants a person and an agent, on a running service: how soon the agent's screen shows the caller, how late captions are.
    Desk(desk::Args),
    /// Campaigns over a simulated telephone network, with the service killed in the middle: no rule broken, nobody called twice, the pace kept.
    Campaign(campaign::Args),
    /// The simulated telephone network of `bench campaign`, by itself.
    Telephones(campaign::peer::Args),
    /// Imports a large file of contacts: time, memory, faults.
    Contacts(contacts::Args),
    /// Lets words, coughs and noise come into a prompt: how soon it stops, whether and when it goes on.
    Interruption(interruption::Args),
    /// Sends words and keys through bad networks and counts what is heard wrong.
    Network(network::Args),
    /// Compares the voice detectors: misses at the same rate of false alarms.
    Vad(material::Folders),
    Endpoint(endpoint::Args),
    /// Speaks the service's prompts, listens to them, and times the first sample.
    Speak(speak::Args),
}

pub fn run(args: Args) -> Result<(), Failure> {
    match args.what {
        What::Calls(args) => calls::run(&args),
        What::Desk(args) => desk::run(&args),
        What::Campaign(args) => campaign::run(&args),
        What::Telephones(args) => campaign::peer::run(&args),
        What::Contacts(args) => contacts::run(&args),
        What::Interruption(args) => interruption::run(&args),
        What::Network(args) => network::run(&args),
        What::Vad(folders) => vad::run(&folders),
        What::Endpoint(args) => endpoint::run(&args),
        What::Speak(args) => speak::run(&args),
    }
}

/// The value below which a part of sorted values lies.
fn percentile(sorted: &[u64], part: f64) -> String {
    let place = (part * sorted.len() as f64).ceil() as usize;
    sorted.get(place.saturating_sub(1)).map_or("–".to_owned(), u64::to_string)
}
