//! SIP over TLS, with a peer that has certificates of its own.

use super::exchange::{Exchange, order};
use super::phone::{Echo, PATIENCE, Phone, address, serve, settings, until};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tingshuo::call::dial::{Callee, Cause, Order};
use tingshuo::line::sip::registration::Standing;
use tingshuo::line::sip::secure::{Certificates, Fault, Identity, Key, Peer, Trust};
use tingshuo::line::sip::settings::{Carrier, Settings, Srtp};
use tingshuo::line::sip::trunk::Trunk;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector, server};

/// Who vouches, and for whom.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub fn new() -> Authority {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Authority(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// A certificate and its key as PEM.
    fn vouch(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &self.0).unwrap();
        (certificate.pem(), key.serialize_pem())
    }

    fn identity(&self, name: &str) -> Identity {
        let (certificate, key) = self.vouch(name);
        Identity::new(Certificates::read(certificate.as_bytes()).unwrap(), Key::read(key.as_bytes()).unwrap()).unwrap()
    }

    pub fn trust(&self) -> Trust {
        Trust::new(Certificates::read(self.0.pem().as_bytes()).unwrap()).unwrap()
    }

    /// The other side's own handshakes: as a client that trusts us, and as a server.
    pub fn connector(&self) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider())).with_safe_default_protocol_versions().unwrap();
        TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
    }

    pub async fn pbx(&self, name: &str) -> Pbx {
        let (certificate, key) = self.vouch(name);
        let chain = vec![PemObject::from_pem_slice(certificate.as_bytes()).unwrap()];
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider())).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(chain, PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Pbx { address: listener.local_addr().unwrap(), listener, acceptor: TlsAcceptor::from(Arc::new(config)) }
    }
}

/// A PBX that is connected to.
pub struct Pbx {
    listener: TcpListener,
    acceptor: TlsAcceptor,
    address: SocketAddr,
}

impl Pbx {
    /// The next connection, if its handshake succeeds.
    async fn greeted(&self) -> std::io::Result<server::TlsStream<TcpStream>> {
        let (stream, _) = tokio::time::timeout(PATIENCE, self.listener.accept()).await.expect("a connection").unwrap();
        self.acceptor.accept(stream).await
    }

    pub async fn connected(&self) -> Exchange {
        Exchange::on(self.greeted().await.unwrap(), self.address).await
    }

    pub fn trunk(&self, trust: &Trust, register: Option<Duration>) -> Trunk {
        Trunk {
            name: "main".to_owned(),
            carrier: Carrier::Tls,
            secured: Some(Peer::new("pbx.example", trust, None).unwrap()),
            srtp: Some(Srtp::Never),
            server: self.address.to_string(),
            domain: "pbx.example".to_owned(),
            number: Some("10086".to_owned()),
            account: None,
            register,
        }
    }
}

pub fn listening(authority: &Authority) -> Settings {
    let listen = vec![(Carrier::Tls, "127.0.0.1:0".parse().unwrap())];
    Settings { listen, identity: Some(authority.identity("pbx.example")), ..settings() }
}

#[tokio::test]
async fn a_call_over_tls() {
    let authority = Authority::new();
    let (server, echo) = serve(Echo { places: 3, ..Echo::default() }, listening(&authority)).await;
    // Who does not shake hands does not stop those who do.
    let mut stranger = TcpStream::connect(address(&server, Carrier::Tls)).await.unwrap();
    stranger.write_all(b"OPTIONS sip:10086@127.0.0.1 SIP/2.0\r\n\r\n").await.unwrap();
    let mut phone = Phone::tls(&server, &authority.connector()).await;
    let answer = phone.call().await;
    let ours = address(&server, Carrier::Tls);
    assert_eq!(answer.header("Contact"), Some(format!("<sip:tingshuo@{ours};transport=tls>").as_str()), "{}", answer.0);
    assert_eq!(phone.ask("OPTIONS", "", "").await.code(), 200);
    assert_eq!(phone.ask("OPTIONS", "Require: teleport\r\n", "").await.code(), 420, "the gate stands here too");
    assert_eq!(phone.ask("BYE", "", "").await.code(), 200);
    until(|| echo.ended.load(Ordering::SeqCst) == 1 && server.calls() == 0).await;
    let mut phone = Phone::tls(&server, &authority.connector()).await;
    let offer = phone.offer("");
    let invite = phone.request("INVITE", "", &offer).replace("INVITE sip:", "INVITE sips:");
    phone.say(&invite).await;
    let answer = phone.answer().await;
    assert_eq!(answer.header("Contact"), Some(format!("<sips:tingshuo@{ours}>").as_str()), "{}", answer.0);
}

#[tokio::test]
async fn a_certificate_is_renewed_while_the_line_listens() {
    let authority = Authority::new();
    let (server, _) = serve(Echo::default(), listening(&authority)).await;
    let shown = async || {
        let stream = TcpStream::connect(address(&server, Carrier::Tls)).await.unwrap();
        let stream = authority.connector().connect("pbx.example".try_into().unwrap(), stream).await.unwrap();
        stream.get_ref().1.peer_certificates().unwrap()[0].clone()
    };
    let (before, again) = (shown().await, shown().await);
    server.identity().unwrap().renew(&authority.identity("pbx.example"));
    assert!(before == again && before != shown().await);
}

#[tokio::test]
async fn a_trunk_over_tls_is_registered_at_called_and_calls() {
    let authority = Authority::new();
    let pbx = authority.pbx("pbx.example").await;
    let trunks = vec![pbx.trunk(&authority.trust(), Some(Duration::from_secs(600)))];
    // Nothing listens for TLS: all of it goes over the one connection that we opened.
    let (server, echo) = serve(Echo::default(), Settings { trunks, ..settings() }).await;
    let mut exchange = pbx.connected().await;
    let register = exchange.asked("REGISTER").await;
    let contact = register.header("Contact").unwrap().to_owned();
    assert!(contact.ends_with(";transport=tls>") && register.header("Via").unwrap().starts_with("SIP/2.0/TLS "), "{}", register.0);
    exchange.reply(&register, 200, &format!("Contact: {contact};expires=600\r\n"), "").await;
    until(|| matches!(server.trunks()[0].1, Standing::Registered { .. })).await;

    let dialling = server.call_out(order());
    let invite = exchange.take("8 101").await;
    assert!(invite.header("Contact") == Some(contact.as_str()), "{}", invite.0);
    let mut line = dialling.answered().await.unwrap();
    tingshuo::call::line::Line::end(&mut line, None).await;
    let bye = exchange.asked("BYE").await;
    exchange.reply(&bye, 200, "", "").await;

    let mut phone = Phone::on(exchange, &server).await;
    assert_eq!(phone.call().await.code(), 200);
    assert_eq!(phone.ask("BYE", "", "").await.code(), 200);
    until(|| echo.ended.load(Ordering::SeqCst) == 1).await;

    // When the connection is gone there is another soon, for nobody could call otherwise.
    drop(phone);
    let mut exchange = pbx.connected().await;
    assert_eq!(exchange.asked("REGISTER").await.header("CSeq"), Some("2 REGISTER"));
}

#[tokio::test]
async fn a_trunk_that_is_not_who_it_should_be_is_told_nothing() {
    let (ours, another) = (Authority::new(), Authority::new());
    for (vouching, name) in [(&another, "pbx.example"), (&ours, "sip.example")] {
        let pbx = vouching.pbx(name).await;
        let (server, _) = serve(Echo::default(), Settings { trunks: vec![pbx.trunk(&ours.trust(), None)], ..settings() }).await;
        let dialling = server.call_out(order());
        assert!(pbx.greeted().await.is_err(), "{name}");
        assert_eq!(dialling.answered().await.err().unwrap().cause, Cause::Unreachable, "{name}");
    }
    // Nor is one that speaks no TLS.
    let pbx = ours.pbx("pbx.example").await;
    let (server, _) = serve(Echo::default(), Settings { trunks: vec![pbx.trunk(&ours.trust(), None)], ..settings() }).await;
    let dialling = server.call_out(order());
    let (mut stream, _) = pbx.listener.accept().await.unwrap();
    stream.write_all(b"SIP/2.0 200 OK\r\n\r\n").await.unwrap();
    assert_eq!(dialling.answered().await.err().unwrap().cause, Cause::Unreachable);
    let mut seen = Vec::new();
    stream.read_to_end(&mut seen).await.ok();
    assert!(!seen.windows(6).any(|window| window == b"INVITE"));
}

#[tokio::test]
async fn a_sips_address_is_called_over_tls_or_not_at_all() {
    let authority = Authority::new();
    let pbx = authority.pbx("127.0.0.1").await;
    let order = |trunk: Option<&str>| Order {
        to: Callee::Address(format!("sips:person@{}", pbx.address)),
        trunk: trunk.map(str::to_owned),
        ..order()
    };
    let (server, _) = serve(Echo::default(), Settings { trust: Some(authority.trust()), srtp: Srtp::Never, ..settings() }).await;
    let dialling = server.call_out(order(None));
    let mut exchange = pbx.connected().await;
    let invite = exchange.take("8 101").await;
    assert!(invite.0.starts_with("INVITE sips:person@") && invite.header("Contact").unwrap().starts_with("<sips:"), "{}", invite.0);
    drop(dialling.answered().await.unwrap());
    let bye = exchange.asked("BYE").await;
    exchange.reply(&bye, 200, "", "").await;
    until(|| server.calls() == 0).await;

    let plain = Exchange::open().await;
    let (server, _) = serve(Echo::default(), Settings { trunks: vec![plain.trunk(None)], ..settings() }).await;
    for trunk in [None, Some("main")] {
        assert_eq!(server.call_out(order(trunk)).answered().await.err().unwrap().cause, Cause::Unreachable, "{trunk:?}");
    }
}

#[test]
fn files_that_are_of_no_use() {
    let authority = Authority::new();
    let ((certificate, key), (_, another)) = (authority.vouch("a.example"), authority.vouch("a.example"));
    let chain = || Certificates::read(certificate.as_bytes()).unwrap();
    assert!(matches!(Identity::new(chain(), Key::read(another.as_bytes()).unwrap()), Err(Fault::Unfit(_))));
    assert!(Identity::new(chain(), Key::read(key.as_bytes()).unwrap()).is_ok());
    assert_eq!(Certificates::read(key.as_bytes()).err(), Some(Fault::NoCertificate));
    assert_eq!(Key::read(certificate.as_bytes()).err(), Some(Fault::NoKey));
    let cut = certificate.replace("-----END", "----");
    assert!(Certificates::read(cut.as_bytes()).is_err());
    assert!(matches!(Peer::new("two words", &authority.trust(), None), Err(Fault::NoName(_))));
}
