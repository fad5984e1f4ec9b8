//! `tingshuo serve`: live calls, until told to stop.

mod care;
pub(super) mod configuration;
mod console;
mod desk;
mod outbound;
mod reload;
mod telephone;
mod trunks;

use super::Failure;
use super::check::load_flows;
use super::edition::{Desk, Looked};
use super::house::House;
use super::operator::OperatorArgs;
use crate::api::{self, Api, Gate, Softphone, Trunks};
use crate::asr::pool::step_back;
use crate::business;
use crate::call::editions::Editions;
use crate::call::reception::Reception;
use crate::care::{Courier, FileOutbox};
use crate::line::audiosocket::{self, AudioSocket};
use crate::line::sip::secure::Identity;
use crate::line::sip::server::Server;
use crate::models::data_dir;
use crate::outbound::audition::Audition;
use crate::outbound::promised;
use crate::outbound::test_call::TestCalls;
use crate::security::People;
use crate::tts::Speech;
use anyhow::Context;
use configuration::Configuration;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Live calls from the browser and from telephony platforms, until SIGTERM or Ctrl-C; then calls under way are finished, and nothing new is
/// taken. A second signal ends at once. SIGHUP reads the configuration again: what stands under `calls` and `turns` holds for calls from
/// then on, the certificate of SIP over TLS for connections, the rest from the next start. Edited flows are found without it.
#[derive(clap::Args)]
pub struct Args {
    /// The configuration; without it tingshuo.toml in the present folder, where there is one. tingshuo.example.toml explains every field
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Do not speak prompts into the cache ahead of calls
    #[arg(long)]
    no_prerender: bool,
    /// Print what other systems may ask (/api/v1) as OpenAPI 3.1, and end
    #[arg(long)]
    openapi: bool,
    #[command(flatten)]
    clock: outbound::ClockArgs,
    #[command(flatten)]
    operator: OperatorArgs,
}

/// How often the folder of flows is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(3);
/// How far prompts spoken ahead step back behind calls.
const PRERENDER_NICENESS: i32 = 15;
/// How long tasks may take to end after the last call.
const LAST_WORK: Duration = Duration::from_secs(2);

pub fn run(args: Args) -> Result<(), Failure> {
    if args.openapi {
        println!("{:#}", api::openapi::document());
        return Ok(());
    }
    let configuration = Configuration::read(args.config.as_deref())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(serve(&args, configuration));
    runtime.shutdown_timeout(LAST_WORK);
    result
}

async fn serve(args: &Args, configuration: Configuration) -> Result<(), Failure> {
    let token = configuration.http.token()?;
    let api_token = configuration.http.api_token()?;
    // Addresses first: a mistake there shows at once, not after the models are loaded.
    let http = bind(configuration.http.listen).await?;
    let audiosocket = match &configuration.audiosocket {
        Some(section) => Some((bind(section.listen).await?, section.allow.clone())),
        None => None,
    };
    let sip = configuration.sip.as_ref().map(|section| section.settings(configuration.lang)).transpose()?;
    let connector = args.operator.connect()?;
    let is_demo = connector.is_none();
    let House { services, editions, desk } =
        House::live(configuration.database.as_deref(), connector, configuration.notices.is_some()).await?;
    let outbox = match &configuration.notices {
        Some(section) => section.outbox(&services.operator, FileOutbox::beside(&services.database))?,
        None => services.outbox.clone(),
    };
    let editions = Arc::new(editions);
    let recogniser = House::recogniser(true)?;
    let speech = House::speech(configuration.lang)?;
    let reception = Arc::new(Reception::new(editions.clone(), recogniser, speech.clone(), configuration.limits()));
    reload::apply(&configuration, &reception)?;
    let (end, ending) = watch::channel(false);
    let mut doors = JoinSet::new();
    println!("calls: at most {}, listened to {}", configuration.limits().calls, configuration.limits().hearing);
    if configuration.http.softphone {
        println!("softphone: http://{}/call", http.local_addr()?);
    }
    println!("media: ws://{}/media/{{twilio,jambonz,asterisk}}", http.local_addr()?);
    let sip = match sip {
        Some(settings) => Some(Arc::new(Server::start(settings, reception.clone()).await?)),
        None => None,
    };
    for (carrier, address) in sip.iter().flat_map(|server| server.addresses()) {
        println!("SIP: {}:{address}", carrier.name());
    }
    let softphone = match (configuration.http.softphone, is_demo) {
        (false, _) => Softphone::Off,
        (true, true) => Softphone::Named,
        (true, false) => Softphone::Anonymous,
    };
    let people = People::new(services.database.clone(), configuration.sign_in.limits());
    console::tell(&people, &configuration, http.local_addr()?).await?;
    let clock = business::clock::system();
    let (desk_served, desk_task) = configuration
        .desk
        .as_ref()
        .map(|section| desk::open(section, &services, editions.clone(), sip.as_ref(), &reception))
        .transpose()?
        .unzip();
    if let Some(served) = &desk_served {
        reception.set_desk(Arc::new(served.hub.clone()));
        println!("desk: http://{}/console/desk", http.local_addr()?);
    }
    let (test_calls, tests) = TestCalls::new(configuration.outbound.test_numbers()?);
    let audition = Arc::new(Audition::new(editions.clone(), speech.clone()));
    let callers = trunks::callers(configuration.sip.as_ref().map(|sip| &sip.trunks));
    let house = console::House { services: &services, editions: &editions, reception: &reception, audition, test_calls, callers };
    let sources = console::sources(house, trunks_of(sip.as_ref()))?;
    let standing: Vec<&str> = sources.office.rules.iter().map(|rule| rule.campaign.as_str()).chain(promised::CAMPAIGNS).collect();
    services.database.triggered().keep_standing(&standing).await?;
    let gate =
        Gate { people, token: api_token, clock, proxies: configuration.http.proxies.clone(), has_desk: configuration.desk.is_some() };
    let api = Api {
        reception: reception.clone(),
        softphone,
        token,
        lang: configuration.lang,
        trunks: trunks_of(sip.as_ref()),
        sources,
        desk: desk_served,
        gate,
    };
    if let Some(task) = desk_task {
        let end = until(ending.clone());
        doors.spawn(async move {
            tokio::select! {
                () = task => {}
                () = end => {}
            }
        });
    }
    doors.spawn(report("HTTP", api::serve(http, api, until(ending.clone()))));
    if let Some((listener, allowed)) = audiosocket {
        println!("AudioSocket: {}", listener.local_addr()?);
        let server = AudioSocket { reception: reception.clone(), allowed, lang: configuration.lang };
        let end = until(ending.clone());
        doors.spawn(async move { audiosocket::serve(listener, server, end).await });
    }
    if !args.no_prerender {
        prerender(speech)?;
    }
    let courier = Courier::new(services.database.clone(), outbox);
    doors.spawn(care::rounds(services.work_orders.clone(), courier, until(ending.clone())));
    let (stop_dialling, no_more_calls) = watch::channel(false);
    let dialling = outbound::Dialling {
        configuration: &configuration,
        clock: &args.clock,
        services: &services,
        editions: &editions,
        reception: &reception,
        tests,
    };
    if let Some(work) = dialling.open(sip.as_ref(), no_more_calls).await? {
        doors.spawn(work);
    }
    doors.spawn(keep_current(desk, editions, ending));
    println!("ready");
    let drain_limit = stay(&reception, args.config.as_deref(), &configuration, sip.as_ref().and_then(|server| server.identity())).await?;
    stop_dialling.send_replace(true);
    drain(&reception, drain_limit).await?;
    if let Some(server) = &sip {
        server.hang_up().await;
    }
    end.send_replace(true);
    doors.join_all().await;
    Ok(())
}

/// How we stand with the trunks, for whoever asks after the service's health.
fn trunks_of(sip: Option<&Arc<Server<Reception>>>) -> Trunks {
    match sip.cloned() {
        Some(server) => Arc::new(move || server.trunks()),
        None => Arc::new(Vec::new),
    }
}

async fn bind(address: std::net::SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))
}

async fn until(mut ending: watch::Receiver<bool>) {
    // The sender is gone only when everything ends.
    let _ = ending.wait_for(|ending| *ending).await;
}

async fn report(door: &str, serving: impl Future<Output = std::io::Result<()>>) {
    if let Err(error) = serving.await {
        tracing::error!(door, %error, "a door is closed");
    }
}

/// Speaks what never changes into the cache, beside the calls.
fn prerender(speech: Arc<Speech>) -> Result<(), Failure> {
    let prompts = load_flows(&data_dir().join("flows"))?.fixed_sentences();
    std::thread::Builder::new().name("prerender".into()).spawn(move || {
        step_back(PRERENDER_NICENESS);
        let failures = speech.prerender(&prompts, |done, all| {
            if done % 100 == 0 || done == all {
                tracing::info!(done, all, "prompts are spoken ahead");
            }
        });
        for (text, error) in failures {
            tracing::error!(text, %error, "a prompt could not be spoken ahead");
        }
    })?;
    Ok(())
}

/// Lets new calls have what authors edit.
async fn keep_current(mut desk: Desk, editions: Arc<Editions>, ending: watch::Receiver<bool>) {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    let end = until(ending);
    tokio::pin!(end);
    loop {
        tokio::select! {
            _ = looks.tick() => {}
            () = &mut end => return,
        }
        let editions = editions.clone();
        let looked = tokio::task::spawn_blocking(move || {
            let looked = desk.look(&editions);
            (desk, looked)
        });
        let Ok((returned, looked)) = looked.await else { return };
        desk = returned;
        match looked {
            Looked::Unchanged => {}
            Looked::Renewed(id) => println!("edition {id} for calls from now on"),
            Looked::Broken(faults) => eprintln!("{faults}\ntingshuo: the edit has faults; calls go on with what was there before"),
        }
    }
}

/// Returns when the service is told to stop, with the time that calls then have to end.
async fn stay(
    reception: &Reception,
    config: Option<&Path>,
    started_with: &Configuration,
    shown: Option<&Identity>,
) -> Result<Duration, Failure> {
    let mut stops = Stops::new()?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let mut drain_seconds = started_with.calls.drain_seconds;
    loop {
        tokio::select! {
            () = stops.next() => return Ok(Duration::from_secs(drain_seconds)),
            _ = hang_up.recv() => match reload::again(config, started_with, reception, shown) {
                Ok(configuration) => drain_seconds = configuration.calls.drain_seconds,
                Err(error) => eprintln!("tingshuo: {error:#}; nothing was changed"),
            },
        }
    }
}

/// Lets the calls end, until `limit` or a second signal.
async fn drain(reception: &Reception, limit: Duration) -> Result<(), Failure> {
    reception.drain();
    let going_on = reception.present().len();
    if going_on > 0 {
        println!("{going_on} calls are finished, for at most {} s; a second signal ends them now", limit.as_secs());
    }
    let mut stops = Stops::new()?;
    tokio::select! {
        () = reception.empty() => {}
        () = tokio::time::sleep(limit) => eprintln!("tingshuo: {} calls were cut off", reception.present().len()),
        () = stops.next() => {}
    }
    Ok(())
}

/// What tells a service to stop.
struct Stops {
    terminate: Signal,
    interrupt: Signal,
}

impl Stops {
    fn new() -> std::io::Result<Stops> {
        Ok(Stops { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
