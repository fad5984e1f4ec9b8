//! `tingshuo sip`: tools around the SIP line, for those who connect it and for its tests.

mod judge;

use super::Failure;
use clap::Subcommand;

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// What becomes of single messages, such as those of RFC 4475.
    Judge(judge::Args),
}

/// # Errors
/// Those of the tool.
pub fn run(args: Args) -> Result<(), Failure> {
    match args.command {
        Command::Judge(args) => judge::run(&args),
    }
}
