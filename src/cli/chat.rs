//! `tingshuo chat`: the same dialogs in text.

use super::Failure;
use super::edition::Looked;
use super::house::{CallerArgs, House};
use crate::call::conversation::Conversation;
use crate::call::record::outcome_name;
use crate::call::services::Services;
use crate::call::text_call::{Input, Reply, TextCall};
use crate::store::value_json;
use std::io::{BufRead, IsTerminal, Write};
use std::sync::Arc;

/// The dialogs in text: a line a turn on standard input. An empty line is silence, a line of digits, * and # after a slash is keys
/// (`/1`, `/246810#`), `/hangup` ends the call.
#[derive(clap::Args)]
pub struct ChatArgs {
    /// One JSON object a turn instead of text
    #[arg(long)]
    json: bool,
    /// When a call is over begin another one, with flows, grammars and example sentences as they are by then; a broken edit is reported and
    /// left out. The end of the input ends it
    #[arg(long)]
    watch: bool,
    #[command(flatten)]
    caller: CallerArgs,
}

pub fn run(args: ChatArgs) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(talk(&args))
}

async fn talk(args: &ChatArgs) -> Result<(), Failure> {
    let mut house = House::open(&args.caller).await?;
    let is_terminal = std::io::stdin().is_terminal();
    let mut lines = std::io::stdin().lock().lines().peekable();
    loop {
        let ended = converse(args, house.editions.current(), &mut lines).await?;
        let mut more = || is_terminal || lines.peek().is_some();
        if !args.watch || ended == Ended::Input || !more() {
            return Ok(());
        }
        match house.desk.look(&house.editions) {
            Looked::Unchanged => {}
            Looked::Renewed(id) => eprintln!("tingshuo: edition {id} from this call on"),
            Looked::Broken(faults) => eprintln!("{faults}\ntingshuo: the edit has faults; calls go on with what was there before"),
        }
    }
}

/// What ended a conversation.
#[derive(PartialEq)]
enum Ended {
    Call,
    Input,
}

async fn converse(
    args: &ChatArgs,
    services: Arc<Services>,
    lines: &mut impl Iterator<Item = std::io::Result<String>>,
) -> Result<Ended, Failure> {
    let opening = args.caller.opening(services.engine.flows())?;
    let conversation = Conversation::new(services, opening);
    let (mut call, mut reply) = TextCall::begin(conversation).await;
    show(args, None, &reply);
    let prompt = std::io::stdin().is_terminal() && !args.json;
    let mut ended = Ended::Call;
    while reply.outcome.is_none() {
        if prompt {
            print!("> ");
            std::io::stdout().flush()?;
        }
        let line = match lines.next() {
            Some(line) => line?,
            None => {
                ended = Ended::Input;
                "/hangup".to_owned()
            }
        };
        reply = call.take(Input::read(line.trim())).await;
        show(args, Some(line.trim()), &reply);
    }
    call.finish().await;
    Ok(ended)
}

fn show(args: &ChatArgs, heard: Option<&str>, reply: &Reply) {
    if args.json {
        println!("{}", as_json(heard, reply));
        return;
    }
    for utterance in &reply.said {
        println!("{}", utterance.text);
    }
    if let Some(outcome) = &reply.outcome {
        println!("[{}]", outcome_name(outcome));
    }
}

fn as_json(heard: Option<&str>, reply: &Reply) -> serde_json::Value {
    let understood = reply.understood.as_ref();
    serde_json::json!({
        "heard": heard,
        "intent": understood.and_then(|u| u.intent).map(|intent| intent.name()),
        "confidence": understood.map(|u| u.confidence),
        "decision": understood.map(|u| u.decision.name()),
        "slots": understood.map(|u| value_json::masked(&u.slots)),
        "said": reply.said.iter().map(|utterance| utterance.text.as_str()).collect::<Vec<_>>(),
        "prompts": reply.said.iter().map(|utterance| utterance.prompt.as_str()).collect::<Vec<_>>(),
        "requested": reply.requested,
        "asked": reply.question.as_ref().map(|question| question.name.as_str()),
        "outcome": reply.outcome.as_ref().map(outcome_name),
    })
}
