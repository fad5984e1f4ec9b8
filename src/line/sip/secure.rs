//! SIP over TLS (RFC 3261, section 26.2): what we show of ourselves, whom we believe, and the handshakes.
//!
//! A server that we call must be vouched for by an authority that the configuration names, and its certificate must carry the name we called
//! (RFC 5922). Whoever calls us is known by the network it comes from; it is not asked for a certificate.

use rsipstack::transport::SipConnection;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};
use tokio::net::TcpStream;
use tokio_rustls::rustls::client::ResolvesClientCert;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig, SignatureScheme};
use tokio_rustls::{TlsAcceptor, TlsConnector, client};

/// Why a file, or a name, is of no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("there is no certificate in it (PEM, from BEGIN CERTIFICATE on)")]
    NoCertificate,
    #[error("there is no private key in it that is free of a password (PEM, from BEGIN PRIVATE KEY on)")]
    NoKey,
    #[error("a certificate in it cannot be read: {0}")]
    Unreadable(String),
    #[error("the key is not that of the certificate, or of an unknown kind: {0}")]
    Unfit(String),
    #[error("{0:?} is no name that a certificate could carry")]
    NoName(String),
}

/// Certificates of a PEM file, in its order.
#[derive(Clone, Debug)]
pub struct Certificates(Vec<CertificateDer<'static>>);

impl Certificates {
    /// # Errors
    /// There is none, or one that cannot be read.
    pub fn read(pem: &[u8]) -> Result<Certificates, Fault> {
        let found = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
        let found = found.map_err(|error| Fault::Unreadable(error.to_string()))?;
        if found.is_empty() { Err(Fault::NoCertificate) } else { Ok(Certificates(found)) }
    }
}

/// A private key of a PEM file.
pub struct Key(PrivateKeyDer<'static>);

impl Key {
    /// # Errors
    /// There is none.
    pub fn read(pem: &[u8]) -> Result<Key, Fault> {
        PrivateKeyDer::from_pem_slice(pem).map(Key).map_err(|_| Fault::NoKey)
    }
}

/// Authorities that vouch for those whom we call.
#[derive(Clone, Debug)]
pub struct Trust(Arc<RootCertStore>);

impl Trust {
    /// # Errors
    /// One of the certificates is no authority's.
    pub fn new(authorities: Certificates) -> Result<Trust, Fault> {
        let mut store = RootCertStore::empty();
        for authority in authorities.0 {
            store.add(authority).map_err(|error| Fault::Unreadable(error.to_string()))?;
        }
        Ok(Trust(Arc::new(store)))
    }
}

/// Our own certificate with its key. Clones are the same one, so that it can be renewed while calls go on.
#[derive(Clone)]
pub struct Identity(Arc<RwLock<Arc<CertifiedKey>>>);

impl Identity {
    /// `chain` begins with our own certificate.
    ///
    /// # Errors
    /// The key is another's.
    pub fn new(chain: Certificates, key: Key) -> Result<Identity, Fault> {
        let certified = CertifiedKey::from_der(chain.0, key.0, &ring::default_provider());
        certified.map(|key| Identity(Arc::new(RwLock::new(Arc::new(key))))).map_err(|error| Fault::Unfit(error.to_string()))
    }

    /// Shows what `other` has, from the next handshake on.
    pub fn renew(&self, other: &Identity) {
        let renewed = other.shown();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = renewed;
    }

    fn shown(&self) -> Arc<CertifiedKey> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        let config = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().expect("ring has all of them");
        TlsAcceptor::from(Arc::new(config.with_no_client_auth().with_cert_resolver(Arc::new(self.clone()))))
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity")
    }
}

impl ResolvesServerCert for Identity {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.shown())
    }
}

impl ResolvesClientCert for Identity {
    fn resolve(&self, _authorities: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(self.shown()).filter(|shown| shown.key.choose_scheme(schemes).is_some())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// A server that is called by TLS. Clones share their connection.
#[derive(Clone)]
pub struct Peer {
    connector: TlsConnector,
    /// Whose certificate it must be.
    name: ServerName<'static>,
    held: Arc<Held>,
}

/// The connection to a server.
pub(super) type Held = Mutex<Option<SipConnection>>;

impl Peer {
    /// `name` is a host or an address; `identity` is shown to servers that ask for it.
    ///
    /// # Errors
    /// It is no name.
    pub fn new(name: &str, trust: &Trust, identity: Option<&Identity>) -> Result<Peer, Fault> {
        let bare = name.trim_start_matches('[').trim_end_matches(']').to_owned();
        let name = ServerName::try_from(bare.clone()).map_err(|_| Fault::NoName(bare))?;
        let config = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().expect("ring has all of them");
        let config = config.with_root_certificates(trust.0.clone());
        let config = match identity {
            Some(identity) => config.with_client_cert_resolver(Arc::new(identity.clone())),
            None => config.with_no_client_auth(),
        };
        Ok(Peer { connector: TlsConnector::from(Arc::new(config)), name, held: Arc::default() })
    }

    /// # Errors
    /// The server is not who it should be, or does not speak TLS.
    pub(super) async fn greet(&self, stream: TcpStream) -> io::Result<client::TlsStream<TcpStream>> {
        self.connector.connect(self.name.clone(), stream).await
    }

    /// The connection that is there already.
    pub(super) fn held(&self) -> Option<SipConnection> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.clone().filter(|connection| connection.cancel_token().is_some_and(|end| !end.is_cancelled()))
    }

    /// Tells when nobody holds this peer any more.
    pub(super) fn watched(&self) -> Weak<Held> {
        Arc::downgrade(&self.held)
    }

    pub(super) fn hold(&self, connection: SipConnection) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection);
    }
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Peer({:?})", self.name)
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}
