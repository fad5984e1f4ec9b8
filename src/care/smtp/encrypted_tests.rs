//! Mail over TLS, with a server of the test's own that has certificates of the test's own.

use super::tests::{Heard, WANTS_MAIL, at, notice, set};
use super::*;
use crate::business::clock;
use crate::business::demo::DemoOperator;
use crate::care::FileOutbox;
use crate::store::Database;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, pem::PemObject};

const HOST: &str = "127.0.0.1";

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Authority {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Authority(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn acceptor(&self, name: &str) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &self.0).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider())).with_safe_default_protocol_versions().unwrap();
        let key = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).unwrap();
        TlsAcceptor::from(Arc::new(config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap()))
    }

    fn pem(&self) -> Vec<u8> {
        self.0.pem().into_bytes()
    }
}

/// Speaks SMTP until the client goes, or wants TLS and is offered it: then the stream comes back.
async fn converse<S: AsyncRead + AsyncWrite + Unpin>(stream: S, greeting: &str, hello: &str, heard: &Heard) -> Option<S> {
    let mut stream = BufReader::new(stream);
    stream.get_mut().write_all(greeting.as_bytes()).await.ok()?;
    let (mut is_data, mut line) = (false, String::new());
    while stream.read_line(&mut line).await.ok()? > 0 {
        let said = line.trim_end().to_owned();
        line.clear();
        let answer = match said.as_str() {
            "." if is_data => "250 taken\r\n",
            _ if is_data => "",
            "DATA" => "354 go on\r\n",
            "STARTTLS" => "220 go on\r\n",
            "QUIT" => "221 bye\r\n",
            other if other.starts_with("EHLO") => hello,
            other if other.starts_with("AUTH") => "235 well\r\n",
            _ => "250 well\r\n",
        };
        is_data = (is_data && said != ".") || said == "DATA";
        heard.lock().unwrap().push(said.clone());
        stream.get_mut().write_all(answer.as_bytes()).await.ok()?;
        if said == "STARTTLS" {
            return Some(stream.into_inner());
        }
    }
    None
}

/// What a server heard in the open, and behind its certificate.
#[derive(Clone, Default)]
struct Log {
    open: Heard,
    encrypted: Heard,
}

const INSIDE: &str = "250-here\r\n250 AUTH PLAIN\r\n";

async fn server(security: Security, acceptor: TlsAcceptor, hello: &'static str) -> (u16, Log) {
    let listener = TcpListener::bind((HOST, 0)).await.unwrap();
    let (port, log) = (listener.local_addr().unwrap().port(), Log::default());
    let kept = log.clone();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let greeting = "220 here\r\n";
            let (socket, greeting) = match security {
                Security::Tls => (Some(socket), greeting),
                _ => (converse(socket, greeting, hello, &kept.open).await, ""),
            };
            let Some(socket) = socket else { continue };
            // Whoever does not believe the certificate breaks off.
            if let Ok(stream) = acceptor.accept(socket).await {
                converse(stream, greeting, INSIDE, &kept.encrypted).await;
            }
        }
    });
    (port, log)
}

async fn outbox(port: u16, security: Security, authority: Vec<u8>) -> SmtpOutbox {
    let database = Database::temporary().await.unwrap();
    let operator = Arc::new(DemoOperator::new(database.clone(), clock::fixed(at(0))));
    let user = Some(("notices".into(), "open sesame".into()));
    let server = Server { host: HOST.into(), security, authority: Some(authority), user, ..set(port) };
    SmtpOutbox::new(server, operator, Arc::new(FileOutbox::beside(&database))).unwrap()
}

const OFFERS: &str = "250-here\r\n250 STARTTLS\r\n";
const WAYS: [Security; 2] = [Security::Tls, Security::StartTls];

#[tokio::test]
async fn mail_goes_over_tls_from_the_first_byte_or_after_starttls() {
    for security in WAYS {
        let authority = Authority::new();
        let (port, log) = server(security, authority.acceptor(HOST), OFFERS).await;
        outbox(port, security, authority.pem()).await.put(notice(WANTS_MAIL)).await.unwrap();
        let encrypted = log.encrypted.lock().unwrap().clone();
        for begins in ["EHLO tingshuo.example", "AUTH PLAIN ", "MAIL FROM:<notices@tingshuo.example>", "RCPT TO:<johnson@mail.example>"] {
            assert!(encrypted.iter().any(|line| line.starts_with(begins)), "{begins}: {encrypted:?}");
        }
        let expected: &[&str] = if security == Security::Tls { &[] } else { &["EHLO tingshuo.example", "STARTTLS"] };
        assert_eq!(*log.open.lock().unwrap(), expected, "nothing else is said in the open");
    }
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_or_of_another_name_is_refused_and_told() {
    for security in WAYS {
        for (name, is_vouched_for) in [(HOST, false), ("mail.example", true)] {
            let authority = Authority::new();
            let (port, log) = server(security, authority.acceptor(name), OFFERS).await;
            let trusted = if is_vouched_for { authority.pem() } else { Authority::new().pem() };
            let refused = outbox(port, security, trusted).await.put(notice(WANTS_MAIL)).await.unwrap_err();
            assert!(
                matches!(&refused, NoticeError::Refused(words) if words.contains("certificate was refused") && words.contains("ca_file")),
                "{name}: {refused}"
            );
            assert_eq!(*log.encrypted.lock().unwrap(), [""; 0]);
            assert!(!log.open.lock().unwrap().iter().any(|line| line.contains('@')));
        }
    }
}

#[tokio::test]
async fn a_server_that_does_not_offer_tls_is_told_nothing() {
    let authority = Authority::new();
    let (port, log) = server(Security::StartTls, authority.acceptor(HOST), "250 here\r\n").await;
    let refused = outbox(port, Security::StartTls, authority.pem()).await.put(notice(WANTS_MAIL)).await.unwrap_err();
    assert!(matches!(&refused, NoticeError::Refused(words) if words.contains("STARTTLS")), "{refused}");
    assert!(!log.open.lock().unwrap().iter().any(|line| line.contains('@')), "{:?}", log.open.lock().unwrap());
}
