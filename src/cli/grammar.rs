//! `tingshuo grammar FILE`: does a grammar take these phrases, and how?

mod conformance;

use super::Failure;
use crate::grammar::{Grammar, Parse};
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};

/// Reads a phrase a line from standard input. The root rule is tried first, then every other public rule.
#[derive(clap::Args)]
pub struct Args {
    /// A grammar in either form of SRGS 1.0 (.grxml or .gram).
    file: PathBuf,
    /// One JSON object a line: phrase, match, tree, tags, score.
    #[arg(long)]
    json: bool,
    /// Match by sound, too, when the characters do not.
    #[arg(long)]
    sound: bool,
    /// The folder that references may not leave; by default that of FILE.
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// FILE is a folder of grammars with meta lines in.N and out.N: measures them.
    #[arg(long, hide = true)]
    conformance: bool,
}

#[derive(serde::Serialize)]
struct Line<'a> {
    phrase: &'a str,
    r#match: bool,
    tree: Option<String>,
    tags: Vec<String>,
    score: f32,
}

/// # Errors
/// The grammar is wrong (with file, line and column), a phrase takes too much work, or a stream breaks.
pub fn run(args: Args) -> Result<(), Failure> {
    if args.conformance {
        return conformance::run(&args.file);
    }
    let folder = args.file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let grammar = Grammar::load(&args.file, args.root.as_deref().unwrap_or(folder))?;
    let mut out = std::io::stdout().lock();
    for phrase in std::io::stdin().lock().lines() {
        let phrase = phrase?;
        let mut parses = grammar.parse_any_public(&phrase, 1).map_err(|error| anyhow::anyhow!("`{phrase}`: {error}"))?;
        if parses.is_empty() && args.sound {
            parses = grammar.parse_by_sound(&phrase, 1);
        }
        writeln!(out, "{}", shown(&phrase, parses.into_iter().next(), args.json)?)?;
    }
    Ok(())
}

fn shown(phrase: &str, parse: Option<Parse>, json: bool) -> Result<String, Failure> {
    if json {
        let (r#match, tree, tags, score) = match parse {
            Some(parse) => (true, Some(parse.tree), parse.tags, parse.score),
            None => (false, None, Vec::new(), 0.0),
        };
        return Ok(serde_json::to_string(&Line { phrase, r#match, tree, tags, score })?);
    }
    Ok(match parse {
        Some(parse) => format!("{phrase}\t{}\t[{}]\t{:.2}", parse.tree, parse.tags.join(", "), parse.score),
        None => format!("{phrase}\tno match"),
    })
}
