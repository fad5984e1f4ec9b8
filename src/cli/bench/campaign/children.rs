//! The two processes of `tingshuo bench campaign`: the network, and the service that is killed and started again.

use super::log::Entry;
use crate::cli::Failure;
use anyhow::{Context, bail};
use jiff::Timestamp;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

/// The network's process; it ends with its standard input.
pub struct Network {
    child: Child,
    stdin: Option<ChildStdin>,
    pub address: SocketAddr,
    log: BufReader<File>,
    /// A line that is not whole yet.
    part: String,
    pub entries: Vec<Entry>,
}

impl Network {
    pub fn start(log: &Path, arguments: &[String]) -> Result<Network, Failure> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["bench", "telephones", "--log"])
            .arg(log)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut told = String::new();
        BufReader::new(child.stdout.take().context("the network says nothing")?).read_line(&mut told)?;
        let address = told.trim_end().strip_prefix("network: udp:").and_then(|address| address.parse().ok());
        let stdin = child.stdin.take();
        let Some(address) = address else { bail!("the network did not start: {told}") };
        let log = BufReader::new(File::open(log)?);
        Ok(Network { child, stdin, address, log, part: String::new(), entries: Vec::new() })
    }

    /// Reads what was written down since.
    pub fn look(&mut self) -> Result<(), Failure> {
        loop {
            if self.log.read_line(&mut self.part)? == 0 || !self.part.ends_with('\n') {
                return Ok(());
            }
            self.entries.push(serde_json::from_str(&self.part).with_context(|| format!("the network's log: {}", self.part.trim_end()))?);
            self.part.clear();
        }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.child.wait();
    }
}

/// A process of the service.
pub struct Service {
    child: Child,
    /// When it was ready.
    pub ready: Timestamp,
}

impl Service {
    /// Starts it, and waits until it is ready.
    pub fn start(home: &Path, configuration: &Path, errors: &File, clock: &[String]) -> Result<Service, Failure> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["serve", "--no-prerender", "--config"])
            .arg(configuration)
            .args(clock)
            .env("TINGSHUO_HOME", home)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(errors.try_clone()?)
            .spawn()?;
        let mut told = BufReader::new(child.stdout.take().context("the service says nothing")?);
        let mut line = String::new();
        while line != "ready\n" {
            line.clear();
            if told.read_line(&mut line)? == 0 {
                let _ = child.kill();
                bail!("the service did not start; what it said is in the folder's serve.log");
            }
        }
        // What it says later is read, so that it is never held up by it.
        std::thread::spawn(move || std::io::copy(&mut told.take(u64::MAX), &mut std::io::sink()));
        Ok(Service { child, ready: Timestamp::now() })
    }

    /// Kills it, and tells when.
    pub fn kill(mut self) -> Result<Timestamp, Failure> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(Timestamp::now())
    }

    /// Whether it ended by itself.
    pub fn is_dead(&mut self) -> Result<bool, Failure> {
        Ok(self.child.try_wait()?.is_some())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A range of ports for the sound of so many calls, in which the first and the last are free.
pub fn media_ports(calls: u32) -> Result<(u16, u16), Failure> {
    let wanted = u16::try_from(calls.saturating_mul(6).clamp(40, 8_000))?;
    for _ in 0..100 {
        let first = UdpSocket::bind("127.0.0.1:0")?.local_addr()?.port() & !1;
        let Some(last) = first.checked_add(wanted) else { continue };
        if [first, last].into_iter().all(|port| UdpSocket::bind(("127.0.0.1", port)).is_ok()) {
            return Ok((first, last));
        }
    }
    bail!("no {wanted} ports are free on 127.0.0.1")
}
