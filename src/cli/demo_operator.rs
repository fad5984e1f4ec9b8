//! `tingshuo demo-operator`: the demo operator as an HTTP server, and the contract that it serves.

use super::Failure;
use super::operator::TokenArgs;
use crate::business::http::{Server, openapi, serve};
use crate::business::{DemoOperator, OPERATIONS, clock};
use crate::store::Database;
use anyhow::{Context, bail};
use jiff::civil::DateTime;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// The demo operator's invented customers over HTTP, to try `tingshuo chat --operator URL` or to build a connector of one's own against.
#[derive(clap::Args)]
pub struct Args {
    /// The address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8480")]
    listen: SocketAddr,
    /// Print the contract as OpenAPI 3.1 instead of serving it
    #[arg(long)]
    openapi: bool,
    /// Keep changes in this database; without it they are forgotten at the end
    #[arg(long, value_name = "FILE")]
    database: Option<PathBuf>,
    /// The local time at which the operator stands still, as 2026-11-22T09:30; by default its clock runs
    #[arg(long, value_name = "TIME")]
    now: Option<DateTime>,
    #[command(flatten)]
    token: TokenArgs,
}

pub fn run(args: Args) -> Result<(), Failure> {
    if args.openapi {
        println!("{:#}", openapi::document());
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(listen(&args))
}

async fn listen(args: &Args) -> Result<(), Failure> {
    let token = args.token.read()?;
    if token.is_none() && !args.listen.ip().is_loopback() {
        bail!("{} can be reached from other machines: give a token with --operator-token-file", args.listen);
    }
    let database = match &args.database {
        Some(path) => Database::open(path).await.with_context(|| path.display().to_string())?,
        None => Database::temporary().await?,
    };
    let operator = DemoOperator::new(database, args.now.map_or_else(clock::system, clock::fixed));
    let listener = TcpListener::bind(args.listen).await.with_context(|| format!("cannot listen on {}", args.listen))?;
    let mut terminated = signal(SignalKind::terminate())?;
    let end = async move {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminated.recv() => {}
        }
    };
    println!("listening on http://{}, {} operations", listener.local_addr()?, OPERATIONS.len());
    serve(listener, Server::new(Arc::new(operator), token), end).await?;
    Ok(())
}
