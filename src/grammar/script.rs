//! What a parse means (Semantic Interpretation for Speech Recognition 1.0): tags as words, or as ECMAScript where the
//! grammar says `tag-format="semantics/1.0"`.
//!
//! Scripts run in QuickJS, in an engine of their own for every parse, with nothing of the outside in reach and bounds on steps,
//! memory and stack. Steps are counted instead of time, so that a script that ends on one machine ends on all.

use super::GrammarError;
use super::logical::{Logical, Step};
use super::model::{Place, TagFormat};
use super::program::Program;
use super::units;
use rquickjs::context::intrinsic::{Date, Eval, Json, Promise, RegExp, RegExpCompiler};
use rquickjs::{CatchResultExt, CaughtError, Context, Ctx, Function, Object, Runtime, Value};
use serde_json::json;
use std::cell::Cell;
use std::rc::Rc;

const DRIVER: &str = include_str!("script.js");

/// The engine asks after about 10,000 calls and loops each time whether to go on.
const MOST_TURNS: u32 = 300;
const MOST_MEMORY_BYTES: usize = 4 << 20;
const MOST_STACK_BYTES: usize = 512 << 10;

/// The value of the matched rule. A word is a string; a script may give anything that JSON can write.
///
/// # Errors
/// A script does not compile, throws, or takes too much: the tag's place and the reason.
pub fn interpret(program: &Program, logical: &Logical) -> Result<serde_json::Value, GrammarError> {
    if program.files.iter().any(|file| file.tag_format == TagFormat::Script) {
        run(program, logical)
    } else {
        Ok(serde_json::Value::String(literal(program, logical)))
    }
}

/// The last tag, else what the last rule in it means, else the words.
fn literal(program: &Program, logical: &Logical) -> String {
    let tag = logical.steps.iter().rev().find_map(|step| match step {
        Step::Tag(tag) => Some(program.tags[*tag as usize].content.trim().to_owned()),
        _ => None,
    });
    let rule = || {
        logical.steps.iter().rev().find_map(|step| match step {
            Step::Rule(inner) => Some(literal(program, inner)),
            _ => None,
        })
    };
    tag.or_else(rule).unwrap_or_else(|| logical.text(program))
}

fn run(program: &Program, logical: &Logical) -> Result<serde_json::Value, GrammarError> {
    let tag = Rc::new(Cell::new(u32::MAX));
    let fault = |reason: String| match program.tags.get(tag.get() as usize) {
        Some(at) => GrammarError {
            file: program.files[at.file].path.clone(),
            line: at.place.line,
            column: at.place.column,
            reason: format!("the script {reason}"),
        },
        None => GrammarError {
            file: program.files.first().map(|file| file.path.clone()).unwrap_or_default(),
            line: Place::START.line,
            column: Place::START.column,
            reason: format!("the result of the scripts {reason}"),
        },
    };
    let engine = |error: rquickjs::Error| fault(format!("cannot be run: {error}"));
    let runtime = Runtime::new().map_err(engine)?;
    runtime.set_memory_limit(MOST_MEMORY_BYTES);
    runtime.set_max_stack_size(MOST_STACK_BYTES);
    let turns = Rc::new(Cell::new(0));
    let counted = Rc::clone(&turns);
    runtime.set_interrupt_handler(Some(Box::new(move || {
        counted.set(counted.get() + 1);
        counted.get() > MOST_TURNS
    })));
    // Promises never run; without them a script's `import()` leaves the engine untidy.
    let context = Context::custom::<(Date, Eval, RegExpCompiler, RegExp, Json, Promise)>(&runtime).map_err(engine)?;
    let written =
        context.with(|ctx| evaluate(&ctx, program, logical, &tag).catch(&ctx).map_err(|error| fault(explain(&error, turns.get()))))?;
    serde_json::from_str(&written).map_err(|error| fault(format!("gives no JSON: {error}")))
}

fn evaluate(ctx: &Ctx, program: &Program, logical: &Logical, tag: &Rc<Cell<u32>>) -> rquickjs::Result<String> {
    let driver: Function = ctx.eval(DRIVER)?;
    let files: Vec<serde_json::Value> = program
        .files
        .iter()
        .map(|file| {
            let header: Vec<_> = file.header.iter().map(|tag| tag_json(program, *tag)).collect();
            json!({ "script": file.tag_format == TagFormat::Script, "header": header })
        })
        .collect();
    let files: Value = ctx.json_parse(json!(files).to_string())?;
    let root: Object = ctx.json_parse(rule_json(program, logical).to_string())?.get()?;
    let at = Rc::clone(tag);
    let begin = Function::new(ctx.clone(), move |tag: u32| at.set(tag))?;
    let written: Option<String> = driver.call((files, root, begin))?;
    Ok(written.unwrap_or_else(|| "null".into()))
}

fn tag_json(program: &Program, tag: u32) -> serde_json::Value {
    json!({ "tag": tag, "content": program.tags[tag as usize].content })
}

/// Every step also says what had been spoken in its rule until then.
fn rule_json(program: &Program, logical: &Logical) -> serde_json::Value {
    let entry = &program.rules[logical.rule as usize];
    let is_script = program.files[entry.file].tag_format == TagFormat::Script;
    let mut words = Vec::new();
    let mut steps = Vec::new();
    for step in &logical.steps {
        match step {
            Step::Token(token) => words.push(program.tokens[*token as usize].text.as_str()),
            Step::Tag(tag) => {
                let content = &program.tags[*tag as usize].content;
                let content = if is_script { content } else { content.trim() };
                steps.push(json!({ "tag": tag, "content": content, "spoken": units::join(words.iter().copied()) }));
            }
            Step::Rule(inner) => {
                inner.words(program, true, &mut words);
                steps.push(json!({ "rule": rule_json(program, inner), "spoken": units::join(words.iter().copied()) }));
            }
        }
    }
    json!({ "name": entry.name, "file": entry.file, "text": logical.text(program), "score": logical.score, "steps": steps })
}

fn explain(error: &CaughtError, turns: u32) -> String {
    if turns > MOST_TURNS {
        return "runs too long: it must end by itself after few steps".into();
    }
    match error {
        CaughtError::Exception(exception) => {
            let message = exception.message().unwrap_or_default();
            let name: String = exception.as_object().get("name").unwrap_or_else(|_| "Error".into());
            if message.contains("out of memory") || message.contains("string too long") {
                return format!("takes more than {} MiB of memory", MOST_MEMORY_BYTES >> 20);
            }
            format!("fails: {name}: {message}")
        }
        CaughtError::Value(value) => format!("throws {value:?}"),
        CaughtError::Error(error) => format!("fails: {error}"),
    }
}
