//! `tingshuo grammar FILE`: does a grammar take these phrases, and how?

mod conformance;

use super::Failure;
use crate::grammar::{Grammar, GrammarError, Parse};
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};

/// Reads a phrase a line from standard input. The root rule is tried first, then every other public rule.
#[derive(clap::Args)]
pub struct Args {
    /// A grammar in either form of SRGS 1.0 (.grxml or .gram).
    file: PathBuf,
    /// One JSON object a line: phrase, match, tree, tags, out, score.
    #[arg(long)]
    json: bool,
    /// Show up to this many ways to parse a phrase, best first (with --json under `parses`).
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=16))]
    best: u8,
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
    /// What the grammar's tags mean together.
    out: serde_json::Value,
    score: f32,
    /// Why a script gave nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parses: Vec<Way>,
}

#[derive(serde::Serialize)]
struct Way {
    tree: String,
    tags: Vec<String>,
    out: serde_json::Value,
    score: f32,
}

/// # Errors
/// The grammar is wrong (with file, line and column), a phrase takes too much work, a script of it fails, or a stream breaks.
pub fn run(args: Args) -> Result<(), Failure> {
    if args.conformance {
        return conformance::run(&args.file);
    }
    let folder = args.file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let grammar = Grammar::load(&args.file, args.root.as_deref().unwrap_or(folder))?;
    let mut out = std::io::stdout().lock();
    let mut failed = None;
    for phrase in std::io::stdin().lock().lines() {
        let phrase = phrase?;
        let mut parses = grammar.parse_any_public(&phrase, args.best.into()).map_err(|error| anyhow::anyhow!("`{phrase}`: {error}"))?;
        if parses.is_empty() && args.sound {
            parses = grammar.parse_by_sound(&phrase, args.best.into());
        }
        let meanings: Vec<_> = parses.iter().map(|parse| grammar.interpret(parse)).collect();
        failed = meanings.iter().find_map(|meaning| meaning.as_ref().err().cloned()).or(failed);
        writeln!(out, "{}", if args.json { as_json(&phrase, parses, meanings)? } else { as_text(&phrase, parses, meanings) })?;
    }
    failed.map_or(Ok(()), |error| Err(error.into()))
}

type Meaning = Result<serde_json::Value, GrammarError>;

fn as_json(phrase: &str, parses: Vec<Parse>, meanings: Vec<Meaning>) -> Result<String, Failure> {
    let error = meanings.iter().find_map(|meaning| meaning.as_ref().err().map(GrammarError::to_string));
    let ways = parses.into_iter().zip(meanings).map(|(parse, meaning)| Way {
        tree: parse.tree,
        tags: parse.tags,
        out: meaning.unwrap_or_default(),
        score: parse.score,
    });
    let ways: Vec<Way> = ways.collect();
    let line = match ways.first() {
        Some(best) => Line {
            phrase,
            r#match: true,
            tree: Some(best.tree.clone()),
            tags: best.tags.clone(),
            out: best.out.clone(),
            score: best.score,
            error,
            parses: if ways.len() > 1 { ways } else { Vec::new() },
        },
        None => {
            Line { phrase, r#match: false, tree: None, tags: Vec::new(), out: serde_json::Value::Null, score: 0.0, error, parses: ways }
        }
    };
    Ok(serde_json::to_string(&line)?)
}

/// A line a phrase, a further line for every further way.
fn as_text(phrase: &str, parses: Vec<Parse>, meanings: Vec<Meaning>) -> String {
    if parses.is_empty() {
        return format!("{phrase}\tno match");
    }
    let line = |(parse, meaning): (Parse, Meaning)| {
        let out = meaning.map_or_else(|error| error.to_string(), |out| out.to_string());
        format!("{phrase}\t{}\t[{}]\t{:.2}\t{out}", parse.tree, parse.tags.join(", "), parse.score)
    };
    parses.into_iter().zip(meanings).map(line).collect::<Vec<_>>().join("\n")
}
