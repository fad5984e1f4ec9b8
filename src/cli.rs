//! The command line: commands, signals, wiring. One file a command.

pub mod bench;
pub mod call;
pub mod campaign;
pub mod chat;
pub mod check;
pub mod demo_operator;
pub mod edition;
pub mod eval;
pub mod fixtures;
pub mod flow;
pub mod grammar;
pub mod house;
pub mod knowledge;
pub mod mic;
pub mod models;
pub mod operator;
pub mod orders;
pub mod say;
pub mod serve;
pub mod sip;
pub mod transcribe;
pub mod understand;
pub mod user;
pub mod voices;

use clap::{Parser, Subcommand};
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

#[derive(Parser)]
#[command(name = "tingshuo", version, about = "A voice service for a telecom operator's customers", max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// Each variant's work is in the module of its name.
#[derive(Subcommand)]
enum Command {
    /// Measures parts on recordings, for the README.
    Bench(bench::Args),
    /// Holds a whole call from recordings.
    Call(call::CallArgs),
    /// Calls that go out: reminders and care.
    Campaign(campaign::Args),
    /// Holds the same dialogs in text, a line a turn.
    Chat(chat::ChatArgs),
    /// Checks flow files; every fault with file, line and column.
    Check(check::Args),
    /// Serves the demo operator over HTTP, or prints its contract.
    DemoOperator(demo_operator::Args),
    /// Draws flows.
    Flow(flow::Args),
    /// Tries phrases on a grammar.
    Grammar(grammar::Args),
    /// Makes the recordings of audio-fixtures/ (for maintainers).
    #[command(hide = true)]
    Fixtures(fixtures::Args),
    /// Figures for labelled sets.
    Eval(eval::Args),
    /// Searches the knowledge base, and lists what callers asked in vain.
    Knowledge(knowledge::Args),
    /// Work orders and incidents.
    Orders(orders::Args),
    /// Holds live calls from the browser and from telephony platforms.
    Serve(serve::Args),
    /// Tools around the SIP line (for maintainers).
    #[command(hide = true)]
    Sip(sip::Args),
    /// Speaks a text into a WAV file.
    Say(say::Args),
    /// What recordings say, a line each.
    Transcribe(transcribe::Args),
    /// Says what utterances mean, a line each.
    Understand(understand::Args),
    /// People who may sign in to the console.
    User(user::Args),
    /// Holds a call with this machine's microphone and loudspeaker.
    Mic(mic::Args),
    /// Model files: list, fetch, verify.
    Models(models::Args),
    /// Voices: list, render prompts ahead.
    Voices(voices::Args),
}

/// A failure as the command line reports it: one line, what happened and what to do.
pub type Failure = anyhow::Error;

/// Exit codes: 0 done, 1 failed, 2 wrong use (by clap).
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    log_to_standard_error();
    end_quietly_when_nobody_reads();
    let result: Result<(), Failure> = match arguments.command {
        Command::Bench(args) => bench::run(args),
        Command::Call(args) => call::run(args),
        Command::Campaign(args) => campaign::run(args),
        Command::Chat(args) => chat::run(args),
        Command::Check(args) => check::run(args),
        Command::DemoOperator(args) => demo_operator::run(args),
        Command::Flow(args) => flow::run(args),
        Command::Grammar(args) => grammar::run(args),
        Command::Fixtures(args) => fixtures::run(args),
        Command::Eval(args) => eval::run(args),
        Command::Knowledge(args) => knowledge::run(args),
        Command::Orders(args) => orders::run(args),
        Command::Serve(args) => serve::run(args),
        Command::Sip(args) => sip::run(args),
        Command::Say(args) => say::run(args),
        Command::Transcribe(args) => transcribe::run(args),
        Command::Understand(args) => understand::run(args),
        Command::User(args) => user::run(args),
        Command::Mic(args) => mic::run(args),
        Command::Models(args) => models::run(args),
        Command::Voices(args) => voices::run(args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_of_printing(&error) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("tingshuo: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Who reads what a command prints may have seen enough (`… | head`): that ends the command, and is nothing to be told. `println!` panics then.
fn end_quietly_when_nobody_reads() {
    let told = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let said = panic.payload_as_str().unwrap_or_default();
        if !(said.starts_with("failed printing to stdout") && said.contains("Broken pipe")) {
            told(panic);
        }
    }));
}

/// The same where `writeln!` gives it back. Lines that other programs broke off are told of with what was being done.
fn is_of_printing(error: &Failure) -> bool {
    let broken = error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe);
    broken && error.chain().len() == 1
}

/// What `$TINGSHUO_LOG` asks for, warnings without it.
fn log_to_standard_error() {
    let filter = EnvFilter::try_from_env("TINGSHUO_LOG").unwrap_or_else(|_| EnvFilter::new("warn,ort=error"));
    // The SIP stack writes whole messages, telephone numbers and all.
    let filter = filter.add_directive("rsipstack=off".parse().expect("a target and a level"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}
