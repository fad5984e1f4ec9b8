//! The operator's systems behind TLS: an authority of one's own is trusted when it is named, and nobody else.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use std::sync::Arc;
use std::time::Duration;
use tingshuo::business::http::{Policy, Server, serve};
use tingshuo::business::{DemoOperator, Failure, HttpOperator, Operator, Request, clock};
use tingshuo::store::Database;
use tingshuo::text::{PhoneNumber, Record, Value};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A server of the demo operator behind TLS; gives its port. Its certificate is for `name`.
async fn behind_tls(authority: &Authority, name: &str) -> u16 {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, authority).unwrap();
    let private = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)
        .unwrap();
    let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let behind = plain.local_addr().unwrap();
    let now = jiff::civil::date(2026, 11, 22).at(9, 30, 0, 0);
    let operator = DemoOperator::new(Database::temporary().await.unwrap(), clock::fixed(now));
    tokio::spawn(serve(plain, Server::new(Arc::new(operator), None), std::future::pending()));
    let front = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = front.local_addr().unwrap().port();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        while let Ok((connection, _)) = front.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // A caller who does not trust us ends the handshake.
                let Ok(mut connection) = acceptor.accept(connection).await else { return };
                let mut inner = TcpStream::connect(behind).await.unwrap();
                tokio::io::copy_bidirectional(&mut connection, &mut inner).await.ok();
            });
        }
    });
    port
}

async fn balance(url: &str, trusted: Option<&Authority>) -> Result<Record, Failure> {
    let patient = Policy { attempt: Duration::from_secs(60), all: Duration::from_secs(120), ..Policy::default() };
    let pem = trusted.map(|authority| authority.pem());
    let operator = HttpOperator::new(url, None, pem.as_deref().map(str::as_bytes), patient).unwrap();
    let customer = PhoneNumber::parse("13800000001").unwrap();
    operator.execute(Request { customer, operation: "balance".into(), arguments: Record::new(), idempotency_key: None }).await
}

#[tokio::test]
async fn only_who_is_vouched_for_by_a_trusted_authority_is_told_about_customers() {
    let (ours, another) = (authority(), authority());
    let url = format!("https://127.0.0.1:{}", behind_tls(&ours, "127.0.0.1").await);
    let reply = balance(&url, Some(&ours)).await.unwrap();
    assert!(matches!(reply.get("balance"), Some(Value::Money(_))), "{reply:?}");
    assert_eq!(balance(&url, None).await, Err(Failure::Unavailable), "an unknown authority");
    assert_eq!(balance(&url, Some(&another)).await, Err(Failure::Unavailable), "another authority");
    let elsewhere = format!("https://127.0.0.1:{}", behind_tls(&ours, "crm.example.net").await);
    assert_eq!(balance(&elsewhere, Some(&ours)).await, Err(Failure::Unavailable), "a certificate for another name");
}
