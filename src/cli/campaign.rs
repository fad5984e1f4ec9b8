//! `tingshuo campaign`: calls that go out, for operators and for scripts.

mod hours;

use super::Failure;

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// When calls may go out, by outbound/calendar.yaml
    Hours(hours::Args),
}

pub fn run(args: Args) -> Result<(), Failure> {
    match args.what {
        What::Hours(args) => hours::run(&args),
    }
}
