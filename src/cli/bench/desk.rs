//! `tingshuo bench desk`: how soon an agent's screen shows a caller who wants a person, and how far captions lag behind speech.
//!
//! An agent and a caller of its own on a running service: the agent as a page at `/desk/line`, the caller as Asterisk's `chan_websocket` would bring one.

use super::calls::sentence;
use super::percentile;
use crate::audio::{FRAME_MS, FRAME_SAMPLES};
use crate::cli::Failure;
use crate::line::encoding::{Encoder, Form};
use anyhow::{Context, bail, ensure};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

#[derive(clap::Args)]
pub struct Args {
    /// The service, as 127.0.0.1:8460
    #[arg(long, value_name = "ADDRESS")]
    at: String,
    /// Who signs in as agent; the password is read from $TINGSHUO_PASSWORD
    #[arg(long, value_name = "NAME")]
    agent: String,
    /// The caller's door, as ws://127.0.0.1:8460/media/asterisk?token=…&caller=13800000001
    #[arg(long, value_name = "URL")]
    to: String,
    /// Words that ask for a person
    #[arg(long, value_name = "FILE")]
    ask: PathBuf,
    /// What the caller says to the agent, in turn
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    wav: Vec<PathBuf>,
    /// So often by a key and so often by words
    #[arg(long, default_value_t = 5)]
    calls: usize,
}

/// How long anything may take at most.
const PATIENCE: Duration = Duration::from_secs(60);
/// The greeting is over by then.
const GREETED: Duration = Duration::from_secs(9);
/// Between two sentences: time for a caption that is late.
const BETWEEN: Duration = Duration::from_secs(4);
const KEY: &str = "DTMF_END digit:0";

pub fn run(args: &Args) -> Result<(), Failure> {
    let password = std::env::var("TINGSHUO_PASSWORD").context("no password: put the agent's into $TINGSHUO_PASSWORD")?;
    let ask = sentence(&args.ask)?;
    let sentences: Vec<Arc<[f32]>> = args.wav.iter().map(|path| sentence(path)).collect::<Result<_, _>>()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(measure(args, &password, ask, &sentences))
}

async fn measure(args: &Args, password: &str, ask: Arc<[f32]>, sentences: &[Arc<[f32]>]) -> Result<(), Failure> {
    let mut agent = Agent::sign_in(&args.at, &args.agent, password).await?;
    let (mut by_key, mut by_words, mut readable, mut finished) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut missed = 0;
    for n in 0..args.calls * 2 {
        let spoken = n % 2 == 1;
        if agent.doing != "ready" {
            agent.say(json!({ "type": "ready" }))?;
            agent.until("view", |view| view["doing"] == "ready").await?;
        }
        let caller = Caller::call(&args.to).await?;
        tokio::time::sleep(GREETED).await;
        let asked = if spoken { caller.say(ask.clone()).await? } else { caller.press()? };
        agent.until("case", |case| case["transcript"].as_array().is_some_and(|said| !said.is_empty())).await?;
        let waited = asked.elapsed().as_millis() as u64;
        if spoken {
            by_words.push(waited)
        } else {
            by_key.push(waited)
        }
        agent.until("view", |view| view["doing"] == "ringing").await?;
        agent.say(json!({ "type": "accept" }))?;
        agent.until("view", |view| view["doing"] == "talking").await?;
        for sentence in sentences {
            agent.forget();
            let said = caller.say(sentence.clone()).await?;
            match timeout(BETWEEN, agent.reads(said)).await {
                Ok(caption) => {
                    let caption = caption?;
                    readable.push(caption.readable_ms);
                    finished.push(caption.finished_ms);
                }
                Err(_) => missed += 1,
            }
        }
        agent.say(json!({ "type": "hang_up" }))?;
        agent.until("view", |view| view["doing"] == "wrap_up").await?;
        agent.say(json!({ "type": "wrap_up", "disposition": agent.disposition, "note": "" }))?;
        agent.until("view", |view| view["doing"] != "wrap_up").await?;
    }
    println!("{} calls, {} captions, {missed} without one within {} s", args.calls * 2, finished.len(), BETWEEN.as_secs());
    println!("| ms | count | p50 | p95 | most |\n| --- | --- | --- | --- | --- |");
    for (name, mut waits) in [
        ("key 0 pressed to the case on the agent's screen", by_key),
        ("last sample of the request to the case on the agent's screen", by_words),
        ("last sample of a sentence to all its words on the screen", readable),
        ("… to the end of its caption", finished),
    ] {
        waits.sort_unstable();
        let [p50, p95, most] = [0.5, 0.95, 1.0].map(|part| percentile(&waits, part));
        println!("| {name} | {} | {p50} | {p95} | {most} |", waits.len());
    }
    Ok(())
}

/// When words were on the agent's screen, from the last sample on.
struct Caption {
    /// As they stayed.
    readable_ms: u64,
    finished_ms: u64,
}

/// A page of the desk.
struct Agent {
    out: UnboundedSender<Message>,
    coming: UnboundedReceiver<Value>,
    disposition: String,
    /// As the last view had it.
    doing: String,
}

impl Agent {
    async fn sign_in(at: &str, name: &str, password: &str) -> Result<Agent, Failure> {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
        let form = [("name", name), ("password", password), ("to", "/console/desk")];
        let body = serde_urlencoded::to_string(form)?;
        let request = client.post(format!("http://{at}/console/sign-in")).header("content-type", "application/x-www-form-urlencoded");
        let answer = request.body(body).send().await.with_context(|| format!("no service at {at}"))?;
        let cookie = answer.headers().get("set-cookie").and_then(|cookie| cookie.to_str().ok()?.split(';').next());
        let Some(cookie) = cookie else { bail!("{name} is not let in ({}); see `tingshuo user`", answer.status()) };
        let mut request = format!("ws://{at}/desk/line").into_client_request()?;
        request.headers_mut().insert("Origin", format!("http://{at}").parse()?);
        request.headers_mut().insert("Cookie", cookie.parse()?);
        let (socket, _) = connect_async(request).await.context("no desk: the configuration needs [desk], and the person a role at it")?;
        let ((out, leaving), (came, coming)) = (unbounded_channel(), unbounded_channel());
        tokio::spawn(page(socket, leaving, came));
        let mut agent = Agent { out, coming, disposition: String::new(), doing: String::new() };
        let hello = agent.until("hello", |_| true).await?;
        agent.disposition = hello["dispositions"][0]["id"].as_str().unwrap_or_default().to_owned();
        Ok(agent)
    }

    fn say(&self, what: Value) -> Result<(), Failure> {
        Ok(self.out.send(Message::text(what.to_string()))?)
    }

    fn forget(&mut self) {
        while let Ok(message) = self.coming.try_recv() {
            if let Some(doing) = message["doing"].as_str() {
                doing.clone_into(&mut self.doing);
            }
        }
    }

    /// The caption of what the caller has said by then.
    async fn reads(&mut self, said: Instant) -> Result<Caption, Failure> {
        let mut shown = String::new();
        let mut readable_ms = 0;
        loop {
            let words = self.until("said", |said| said["who"] == "caller").await?;
            let finished_ms = said.elapsed().as_millis() as u64;
            let text = words["text"].as_str().unwrap_or_default();
            if text != shown {
                text.clone_into(&mut shown);
                readable_ms = finished_ms;
            }
            if words["partial"] == false {
                return Ok(Caption { readable_ms, finished_ms });
            }
        }
    }

    /// The next message of this type that fits.
    async fn until(&mut self, kind: &str, fits: impl Fn(&Value) -> bool) -> Result<Value, Failure> {
        let found = async {
            while let Some(message) = self.coming.recv().await {
                if let Some(doing) = message["doing"].as_str() {
                    doing.clone_into(&mut self.doing);
                }
                if message["type"] == kind && fits(&message) {
                    return Some(message);
                }
            }
            None
        };
        let found = timeout(PATIENCE, found).await.with_context(|| {
            format!("no fitting `{kind}` came within {} s: is the desk open now, by its rules, and nobody else at it?", PATIENCE.as_secs())
        })?;
        found.context("the desk's line broke")
    }
}

async fn page(socket: WebSocketStream<MaybeTlsStream<TcpStream>>, mut leaving: UnboundedReceiver<Message>, came: UnboundedSender<Value>) {
    let (mut out, mut coming) = socket.split();
    let mut alive = interval(Duration::from_secs(2));
    loop {
        let sent = tokio::select! {
            _ = alive.tick() => out.send(Message::text(json!({ "type": "alive" }).to_string())).await,
            message = leaving.recv() => match message {
                Some(message) => out.send(message).await,
                None => return,
            },
            message = coming.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    if let Ok(value) = serde_json::from_str(&text) {
                        came.send(value).ok();
                    }
                    Ok(())
                }
                Some(Ok(_)) => Ok(()),
                Some(Err(_)) | None => return,
            },
        };
        if sent.is_err() {
            return;
        }
    }
}

/// A caller who says what is asked for, and silence between.
struct Caller {
    orders: UnboundedSender<Order>,
}

enum Order {
    Say(Arc<[f32]>, oneshot::Sender<Instant>),
    Press,
}

impl Caller {
    async fn call(url: &str) -> Result<Caller, Failure> {
        let (socket, _) = connect_async(url).await.with_context(|| format!("no service at {url}"))?;
        let (mut out, mut coming) = socket.split();
        out.send(Message::text("MEDIA_START connection_id:1 format:alaw optimal_frame_size:160")).await?;
        let (orders, mut taken) = unbounded_channel();
        tokio::spawn(async move {
            let mut encoder = Encoder::new(Form::Alaw);
            let mut saying: Option<(Arc<[f32]>, usize, oneshot::Sender<Instant>)> = None;
            let mut ticks = interval(Duration::from_millis(u64::from(FRAME_MS)));
            ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
            loop {
                tokio::select! {
                    _ = ticks.tick() => {
                        let mut frame = [0.0; FRAME_SAMPLES];
                        if let Some((sentence, mut said, done)) = saying.take() {
                            frame.iter_mut().zip(sentence.iter().skip(said)).for_each(|(to, from)| *to = *from);
                            said += FRAME_SAMPLES;
                            if said >= sentence.len() { done.send(Instant::now()).ok(); } else { saying = Some((sentence, said, done)); }
                        }
                        if out.send(Message::binary(encoder.encode(&frame))).await.is_err() { return }
                    }
                    order = taken.recv() => match order {
                        Some(Order::Say(sentence, done)) => saying = Some((sentence, 0, done)),
                        Some(Order::Press) => drop(out.send(Message::text(KEY)).await),
                        None => {
                            out.close().await.ok();
                            return;
                        }
                    },
                    message = coming.next() => if !matches!(message, Some(Ok(_))) { return },
                }
            }
        });
        Ok(Caller { orders })
    }

    /// Says a sentence; gives when its last sample was sent.
    async fn say(&self, sentence: Arc<[f32]>) -> Result<Instant, Failure> {
        let (done, said) = oneshot::channel();
        ensure!(self.orders.send(Order::Say(sentence, done)).is_ok(), "the service ended the call");
        said.await.context("the service ended the call")
    }

    fn press(&self) -> Result<Instant, Failure> {
        ensure!(self.orders.send(Order::Press).is_ok(), "the service ended the call");
        Ok(Instant::now())
    }
}
