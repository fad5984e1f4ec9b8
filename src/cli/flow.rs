//! `tingshuo flow`: what flows look like.

pub mod drawing;
pub mod layout;
pub mod lettering;
pub mod wording;

use super::Failure;
use super::check::load_flows;
use crate::models::data_dir;
use crate::text::Lang;
use anyhow::{Context, bail};
use std::path::PathBuf;

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: FlowCommand,
}

#[derive(clap::Subcommand)]
enum FlowCommand {
    /// Draws a flow as SVG: steps, branches, what is said first, refusals, what needs verification.
    Graph(GraphArgs),
}

#[derive(clap::Args)]
struct GraphArgs {
    /// The flow's name; all flows, one below the other, without it
    flow: Option<String>,
    /// The language of the prompts and of the drawing
    #[arg(long, value_enum, default_value_t = Lang::Zh)]
    lang: Lang,
    /// The file to write, an SVG
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The folder of flow files; by default the one that calls use
    #[arg(long, value_name = "DIR")]
    flows: Option<PathBuf>,
}

pub fn run(args: Args) -> Result<(), Failure> {
    let FlowCommand::Graph(args) = args.command;
    let flows = load_flows(&args.flows.unwrap_or_else(|| data_dir().join("flows")))?;
    let names = match &args.flow {
        Some(name) => vec![name.as_str()],
        None => flows.names(),
    };
    let mut graphs = Vec::new();
    for name in names {
        match flows.graph(name, args.lang) {
            Some(graph) => graphs.push(graph),
            None => bail!("there is no flow `{name}`; there are {}", flows.names().join(", ")),
        }
    }
    let drawing = drawing::svg(&graphs, args.lang);
    std::fs::write(&args.out, drawing).with_context(|| args.out.display().to_string())
}
