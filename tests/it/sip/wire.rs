//! What messages travel on, on the other side: datagrams, or a stream.

use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::UdpSocket;
use tokio::sync::Mutex;

/// Far longer than anything here takes; a test that waits for so long has failed.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// A message that came.
#[derive(Clone, Debug)]
pub struct Message(pub String);

impl Message {
    pub fn code(&self) -> u16 {
        self.0.strip_prefix("SIP/2.0 ").and_then(|rest| rest.split(' ').next()).and_then(|code| code.parse().ok()).unwrap_or(0)
    }

    pub fn method(&self) -> &str {
        self.0.split(' ').next().unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let head = self.0.split("\r\n\r\n").next().unwrap();
        head.lines().find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    pub fn body(&self) -> &str {
        self.0.split_once("\r\n\r\n").map_or("", |(_, body)| body)
    }

    pub fn media_port(&self) -> u16 {
        let line = self.body().lines().find(|line| line.starts_with("m=audio ")).expect("an audio stream");
        line.split(' ').nth(1).unwrap().parse().unwrap()
    }
}

pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

pub enum Wire {
    Udp(UdpSocket),
    /// With what came of the next message.
    Stream(Mutex<(Box<dyn Stream>, Vec<u8>)>),
}

impl Wire {
    pub fn stream(stream: impl Stream + 'static) -> Wire {
        Wire::Stream(Mutex::new((Box::new(stream), Vec::new())))
    }

    /// `to` is for datagrams.
    pub async fn say(&self, text: &str, to: SocketAddr) {
        match self {
            Wire::Udp(socket) => drop(socket.send_to(text.as_bytes(), to).await.unwrap()),
            Wire::Stream(stream) => stream.lock().await.0.write_all(text.as_bytes()).await.unwrap(),
        }
    }

    /// The next message, and where a datagram came from.
    pub async fn hear(&self) -> (Message, Option<SocketAddr>) {
        tokio::time::timeout(PATIENCE, self.next()).await.expect("a message")
    }

    async fn next(&self) -> (Message, Option<SocketAddr>) {
        let mut buffer = vec![0; 65_535];
        match self {
            Wire::Udp(socket) => {
                let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
                (Message(String::from_utf8(buffer[..length].to_vec()).unwrap()), Some(from))
            }
            Wire::Stream(stream) => loop {
                let (stream, waiting) = &mut *stream.lock().await;
                if let Some(end) = waiting.windows(4).position(|window| window == b"\r\n\r\n") {
                    let head = Message(String::from_utf8(waiting[..end + 4].to_vec()).unwrap());
                    let length = end + 4 + head.header("Content-Length").unwrap().parse::<usize>().unwrap();
                    if waiting.len() >= length {
                        let whole = waiting.drain(..length).collect();
                        return (Message(String::from_utf8(whole).unwrap()), None);
                    }
                }
                let length = stream.read(&mut buffer).await.unwrap();
                assert!(length > 0, "the connection was closed");
                waiting.extend_from_slice(&buffer[..length]);
            },
        }
    }
}
