//! Notices as mail over SMTP, to customers who want mail and whose address the operator knows; everybody else's go on to another outbox.
//!
//! The operator's system is asked for channel and address (`contact`) whenever a notice is carried, so neither is kept here. What a server refuses for good
//! (5xx) is given up with its words, but for addresses in them; everything else is tried again.

use super::notice::{Notice, NoticeError, Outbox, Taken};
use crate::business::{Failure, Operator, Request};
use crate::store::Channel;
use crate::text::{PhoneNumber, Record, Value};
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{AsyncSmtpTransport, Error, SUBMISSION_PORT, SUBMISSIONS_PORT};
use lettre::{AsyncTransport, Message, Tokio1Executor};
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// A step of a conversation with the server that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(10);

/// How a certificate begins in PEM.
const BEGINS: &[u8] = b"-----BEGIN CERTIFICATE-----";
/// How TLS begins to say that a certificate does not hold.
const BAD_CERTIFICATE: &str = "invalid peer certificate";

/// How the server is spoken with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (port 465).
    Tls,
    /// TLS after the greeting, or not at all (port 587).
    StartTls,
    /// For a server on this machine only.
    None,
}

/// The server, and who writes.
#[derive(Clone, Debug)]
pub struct Server {
    pub host: String,
    /// The usual one of the security without it.
    pub port: Option<u16>,
    pub security: Security,
    /// Who vouches for it, as PEM; without it those whom this machine believes.
    pub authority: Option<Vec<u8>>,
    /// Name and password.
    pub user: Option<(String, String)>,
    /// `Tingshuo Telecom <notices@tingshuo.example>`.
    pub from: String,
    pub subject: String,
}

/// See the module's text.
pub struct SmtpOutbox {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    subject: String,
    operator: Arc<dyn Operator>,
    /// Who wants no mail is written to by this one.
    otherwise: Arc<dyn Outbox>,
}

impl SmtpOutbox {
    /// # Errors
    /// Says what is wrong with the sender, the host or its security.
    pub fn new(server: Server, operator: Arc<dyn Operator>, otherwise: Arc<dyn Outbox>) -> Result<SmtpOutbox, String> {
        let Server { host, port, security, authority, user, from, subject } = server;
        let from: Mailbox = from.parse().map_err(|error| format!("from {from:?}: {error}"))?;
        let here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        let builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&host);
        let builder = match security {
            Security::Tls => builder.port(SUBMISSIONS_PORT).tls(Tls::Wrapper(believed(&host, authority.as_deref())?)),
            Security::StartTls => builder.port(SUBMISSION_PORT).tls(Tls::Required(believed(&host, authority.as_deref())?)),
            Security::None if here => builder,
            Security::None => return Err(format!("{host}: notices are about customers: use tls or starttls")),
        };
        let name = ClientId::Domain(from.email.domain().to_owned());
        let mut builder = builder.timeout(Some(PATIENCE)).hello_name(name);
        if let Some(port) = port {
            builder = builder.port(port);
        }
        if let Some((name, password)) = user {
            builder = builder.credentials(Credentials::new(name, password));
        }
        Ok(SmtpOutbox { transport: builder.build(), from, subject, operator, otherwise })
    }

    /// The address of who wants mail; `None` where the notice goes another way.
    async fn address(&self, notice: &Notice) -> Result<Option<Mailbox>, NoticeError> {
        let contact = match self.contact(notice.to.clone()).await {
            Ok(contact) => contact,
            Err(Failure::NotFound | Failure::Refused(_)) => return Ok(None),
            Err(failure) => return Err(NoticeError::Refused(format!("how a customer wants to be written to is not known: {failure}"))),
        };
        let text = |field: &str| match contact.get(field) {
            Some(Value::Text(text)) => text.trim(),
            _ => "",
        };
        // What was chosen here goes before what the operator has.
        let channel =
            if notice.channel == Channel::default() { Channel::from_name(text("channel")).unwrap_or_default() } else { notice.channel };
        match (channel, text("mail")) {
            (Channel::None, _) => Err(NoticeError::Unwanted),
            (Channel::Text, _) | (_, "") => Ok(None),
            // The address stands in no message: failures are kept and logged.
            (Channel::Mail, mail) => {
                mail.parse().map(Some).map_err(|_| NoticeError::Undeliverable("the customer's mail address is none".into()))
            }
        }
    }

    async fn contact(&self, customer: PhoneNumber) -> Result<Record, Failure> {
        let request = Request { customer, operation: "contact".into(), arguments: Record::new(), idempotency_key: None };
        self.operator.execute(request).await
    }

    /// The same notice has the same id, so that whoever gets it twice can tell.
    fn message(&self, notice: &Notice, to: Mailbox) -> Result<Message, NoticeError> {
        let sum: String = Sha256::digest(notice.key.as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let message = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(self.subject.clone())
            .message_id(Some(format!("<{sum}@{}>", self.from.email.domain())))
            .header(ContentType::TEXT_PLAIN);
        message.body(notice.text.clone()).map_err(|error| NoticeError::Undeliverable(error.to_string()))
    }
}

impl Outbox for SmtpOutbox {
    fn put(&self, notice: Notice) -> Taken<'_> {
        Box::pin(async move {
            let Some(to) = self.address(&notice).await? else {
                return self.otherwise.put(Notice { channel: Channel::Text, ..notice }).await;
            };
            let message = self.message(&notice, to)?;
            self.transport.send(message).await.map(drop).map_err(failure)
        })
    }
}

/// Whose certificates of this host are believed.
fn believed(host: &str, authority: Option<&[u8]>) -> Result<TlsParameters, String> {
    let mut parameters = TlsParameters::builder(host.to_owned());
    if let Some(pem) = authority {
        // Nobody would be believed, and no mail would ever go.
        if !pem.windows(BEGINS.len()).any(|window| window == BEGINS) {
            return Err("ca_file: there is no certificate in it".into());
        }
        let authority = Certificate::from_pem(pem).map_err(|error| format!("ca_file: {error}"))?;
        parameters = parameters.certificate_store(CertificateStore::None).add_root_certificate(authority);
    }
    parameters.build().map_err(|error| format!("{host}: {error}"))
}

/// What a server said, in its words. These are kept and logged, and often repeat the address: it is left out.
fn failure(error: Error) -> NoticeError {
    let said = error.to_string();
    let words: Vec<&str> = said.split_whitespace().map(|word| if word.contains('@') { "<address>" } else { word }).collect();
    let words = match said.contains(BAD_CERTIFICATE) {
        true => format!(
            "the mail server's certificate was refused, and nothing was said to it: {}; `ca_file` names who vouches for it",
            words.join(" ")
        ),
        false => format!("the mail server: {}", words.join(" ")),
    };
    if error.is_permanent() { NoticeError::Undeliverable(words) } else { NoticeError::Refused(words) }
}

#[cfg(test)]
mod encrypted_tests;
#[cfg(test)]
mod tests;
