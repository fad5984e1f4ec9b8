//! Our side of a dialog (RFC 3261, section 12): its names, its counters, and where its requests go. Pure.

use super::fields::{list, parameter};
use super::rewrite::NO_TAG;
use super::ways::is_secure;
use rsipstack::sip::headers::{CSeq, CallId, From as FromField, MaxForwards, Route, To, UserAgent};
use rsipstack::sip::prelude::ToTypedHeader;
use rsipstack::sip::typed;
use rsipstack::sip::{Error, Header, HeadersExt, Host, Method, Request, Response, Transport, Uri, Version};
use rsipstack::transport::{SipAddr, SipConnection};

pub const USER_AGENT: &str = concat!("tingshuo/", env!("CARGO_PKG_VERSION"));
/// What is answered here, as Allow says it.
pub const METHODS: &str = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REFER, NOTIFY";

/// How messages reach the peer.
#[derive(Clone, Debug)]
pub struct Way {
    /// The connection that its first message came on, or that ours went out on.
    pub connection: SipConnection,
    /// Where that message came from.
    pub peer: SipAddr,
    /// Our own address on it, as the peer is told.
    pub local: SipAddr,
}

impl Way {
    /// Its connection has ended; datagrams have none.
    pub fn is_broken(&self) -> bool {
        self.connection.is_reliable() && self.connection.cancel_token().is_some_and(|end| end.is_cancelled())
    }
}

/// See the module's text.
#[derive(Clone, Debug)]
pub struct Leg {
    pub call_id: String,
    pub local_tag: String,
    pub remote_tag: String,
    /// Whole values of From and To in our requests.
    local: String,
    remote: String,
    local_sequence: u32,
    remote_sequence: u32,
    target: Uri,
    routes: Vec<String>,
    /// The peer was called, or called us, by a sips address.
    secure: bool,
    pub way: Way,
}

/// A request of the peer that is older than what it said already.
#[derive(Debug, PartialEq, Eq)]
pub struct OutOfOrder;

impl Leg {
    /// The side that was called; `tag` is ours.
    ///
    /// # Errors
    /// When the request lacks what a dialog needs.
    pub fn called(invite: &Request, tag: &str, way: Way) -> Result<Leg, Error> {
        let remote = invite.from_header()?.value().to_owned();
        let local = format!("{};tag={tag}", invite.to_header()?.value());
        Ok(Leg {
            call_id: invite.call_id_header()?.value().to_owned(),
            local_tag: tag.to_owned(),
            remote_tag: tag_of(&remote),
            local,
            remote,
            local_sequence: 0,
            remote_sequence: invite.cseq_header()?.seq()?,
            target: contact(invite).or_else(|error| if untagged(invite) { invite.from_header()?.uri() } else { Err(error) })?,
            routes: invite.record_route_headers().into_iter().flat_map(|field| list(field.value())).collect(),
            secure: is_secure(&invite.uri) && way.local.r#type == Some(Transport::Tls),
            way,
        })
    }

    /// The side that called, when the other has answered.
    ///
    /// # Errors
    /// When the answer lacks what a dialog needs.
    pub fn calling(invite: &Request, answer: &Response, way: Way) -> Result<Leg, Error> {
        let local = invite.from_header()?.value().to_owned();
        let remote = answer.to_header()?.value().to_owned();
        let mut routes: Vec<String> = answer.record_route_headers().into_iter().flat_map(|field| list(field.value())).collect();
        routes.reverse();
        Ok(Leg {
            call_id: invite.call_id_header()?.value().to_owned(),
            local_tag: tag_of(&local),
            remote_tag: tag_of(&remote),
            local,
            remote,
            local_sequence: invite.cseq_header()?.seq()?,
            remote_sequence: 0,
            target: contact(answer)?,
            routes,
            secure: is_secure(&invite.uri),
            way,
        })
    }

    /// Takes note of a request of the peer.
    ///
    /// # Errors
    /// When it is older than another one: answer 500 (section 12.2.2).
    pub fn takes(&mut self, request: &Request) -> Result<(), OutOfOrder> {
        let sequence = request.cseq_header().and_then(CSeq::seq).map_err(|_| OutOfOrder)?;
        if sequence < self.remote_sequence {
            return Err(OutOfOrder);
        }
        self.remote_sequence = sequence;
        // These may move the peer (section 12.2.2); what names no place moves nothing.
        if matches!(request.method, Method::Invite | Method::Update)
            && let Ok(target) = contact(request)
        {
            self.target = target;
        }
        Ok(())
    }

    /// Our next request in this dialog.
    pub fn request(&mut self, method: Method, extra: Vec<Header>, body: Vec<u8>, via: typed::Via) -> Request {
        self.local_sequence += 1;
        let mut headers = vec![
            Header::Via(via.into()),
            Header::MaxForwards(MaxForwards::from(70)),
            Header::From(FromField::new(self.local.clone())),
            Header::To(To::new(self.remote.clone())),
            Header::CallId(CallId::new(self.call_id.clone())),
            Header::CSeq(CSeq::new(format!("{} {method}", self.local_sequence))),
            Header::UserAgent(UserAgent::new(USER_AGENT)),
            other("Contact", self.contact()),
        ];
        headers.extend(self.routes.iter().map(|route| Header::Route(Route::new(route.clone()))));
        headers.extend(extra);
        Request { method, uri: self.target.clone(), version: Version::V2, headers: headers.into(), body }
    }

    /// What stands in the first line of our requests.
    pub fn target(&self) -> &Uri {
        &self.target
    }

    /// Along the route, else to the peer's contact.
    pub fn next_hop(&self) -> Uri {
        self.routes.first().and_then(|route| route_uri(route)).unwrap_or_else(|| self.target.clone())
    }

    /// Where our requests go: along the route, else to the peer's contact; if that is no address, to where the peer's first message came
    /// from. `reachable` says which addresses may be talked to at all.
    pub fn destination(&self, reachable: impl Fn(std::net::IpAddr) -> bool) -> SipAddr {
        let next = self.next_hop();
        match (&next.host_with_port.host, SipAddr::try_from(&next)) {
            (Host::IpAddr(ip), Ok(address)) if reachable(*ip) && !self.way.connection.is_reliable() => {
                SipAddr { r#type: self.way.peer.r#type, addr: address.addr }
            }
            _ => self.way.peer.clone(),
        }
    }

    pub fn contact(&self) -> String {
        contact_at(&self.way.local, self.secure)
    }
}

/// A Contact for `address`, a `secure` one for who uses sips addresses (RFC 3261, section 12.1.1).
pub fn contact_at(address: &SipAddr, secure: bool) -> String {
    let transport = match address.r#type {
        _ if secure => return format!("<sips:tingshuo@{}>", address.addr),
        Some(Transport::Tcp) => ";transport=tcp",
        Some(Transport::Tls) => ";transport=tls",
        _ => "",
    };
    format!("<sip:tingshuo@{}{transport}>", address.addr)
}

pub fn other(name: &str, value: impl Into<String>) -> Header {
    Header::Other(name.to_owned(), value.into())
}

/// A caller of RFC 2543, which asks for no Contact either: then From is where it is.
fn untagged(invite: &Request) -> bool {
    invite.from_header().is_ok_and(|from| from.value().ends_with(NO_TAG))
}

fn tag_of(value: &str) -> String {
    parameter(value, "tag").unwrap_or_default()
}

fn contact(message: &impl HeadersExt) -> Result<Uri, Error> {
    let contacts = message.typed_contact_headers()?;
    contacts.into_iter().next().map(|contact| contact.uri).ok_or_else(|| Error::MissingHeader("Contact".into()))
}

fn route_uri(route: &str) -> Option<Uri> {
    Route::new(route).typed().ok().map(|route| route.uri)
}
