//! Asks who comes, by session or token, and whether they may; looks after what other sites might do in somebody's name.
//!
//! Pages of other origins can neither change anything (a token of the session in every form, and the `Origin` header) nor open a WebSocket.

use super::access::Who;
use super::console::pages::{Fault, refused_page};
use super::problem::Problem;
use super::routes::Post;
use crate::business::Clock;
use crate::line::networks::Networks;
use crate::security::{People, Person, Role, SessionKey, Token};
use axum::body::Body;
use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST, LOCATION, ORIGIN, UPGRADE, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::{IpAddr, SocketAddr};

/// What is needed to tell who comes.
pub struct Gate {
    pub people: People,
    /// What other systems show, and the role that they then have.
    pub token: Option<(Token, Role)>,
    pub clock: Clock,
    /// Whose word on a browser's address and scheme is taken.
    pub proxies: Networks,
    /// Whether people take callers over here; without it nobody is led to the desk.
    pub has_desk: bool,
}

/// Who made a request, behind the guard.
#[derive(Clone, Debug)]
pub(super) struct Visitor {
    pub person: Person,
    /// `None` for a system with a token.
    pub key: Option<SessionKey>,
    /// Of the service: see [`Gate::has_desk`].
    pub has_desk: bool,
}

impl Visitor {
    /// What forms of this visitor's pages carry.
    pub fn form_token(&self) -> String {
        self.key.as_ref().map(SessionKey::form_token).unwrap_or_default()
    }
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Visitor, Problem> {
        parts.extensions.get::<Visitor>().cloned().ok_or_else(|| Problem::new(StatusCode::UNAUTHORIZED, SIGN_IN))
    }
}

/// The cookie of a session.
pub(super) const COOKIE_NAME: &str = "tingshuo_session";
/// Where scripts put the form's token.
pub(super) const FORM_HEADER: HeaderName = HeaderName::from_static("x-form-token");
/// The field of forms that has it.
const FORM_FIELD: &[u8] = b"form_token";
/// No form is longer.
const LONGEST_FORM: usize = 512 * 1024;

const SIGN_IN: &str = "sign in at /console, or show the token of http.api_token_file: Authorization: Bearer …";
const NOT_YOURS: &str = "your role may not do this; an administrator can give another one (tingshuo user role)";
const FOREIGN: &str = "this did not come from a page of ours, or from one that was opened before you signed in; load the page again";

/// Lets in whom the rule names, and tells the handler who it is.
pub(super) async fn guard(State(post): State<Post>, request: Request, next: Next) -> Response {
    let Who::Only(_) = post.who else { return next.run(request).await };
    let (method, uri, headers) = (request.method().clone(), request.uri().clone(), request.headers().clone());
    let visitor = match post.gate.visitor(&headers).await {
        Ok(Some(visitor)) => visitor,
        Ok(None) => return unknown(&uri, method.is_safe(), &headers),
        Err(problem) => return problem.into_response(),
    };
    if !post.who.lets_in(visitor.person.role) {
        return refused(StatusCode::FORBIDDEN, NOT_YOURS, &headers, Some(&visitor));
    }
    let Some(key) = visitor.key.clone() else { return pass(request, visitor, next).await };
    if headers.contains_key(UPGRADE) && !own_page(&headers) {
        return refused(StatusCode::FORBIDDEN, FOREIGN, &headers, Some(&visitor));
    }
    if method.is_safe() {
        return pass(request, visitor, next).await;
    }
    match vouched(request, &key).await {
        Some(request) => pass(request, visitor, next).await,
        None => refused(StatusCode::FORBIDDEN, FOREIGN, &headers, Some(&visitor)),
    }
}

/// A page that could not be made is told in the visitor's words.
async fn pass(mut request: Request, visitor: Visitor, next: Next) -> Response {
    let wants_page = wants_page(request.headers());
    request.extensions_mut().insert(visitor.clone());
    let response = next.run(request).await;
    match response.extensions().get::<Fault>() {
        Some(Fault(status)) if wants_page => refused_page(*status, Some(&visitor)),
        _ => response,
    }
}

/// The request again, when one of our own pages sent it.
async fn vouched(request: Request, key: &SessionKey) -> Option<Request> {
    if is_foreign(request.headers()) {
        return None;
    }
    if let Some(token) = request.headers().get(FORM_HEADER) {
        return token.to_str().is_ok_and(|token| key.is_form_token(token)).then_some(request);
    }
    let is_form = request.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    if !is_form {
        return None;
    }
    let (parts, body) = request.into_parts();
    let bytes = axum::body::to_bytes(body, LONGEST_FORM).await.ok()?;
    let fields: Vec<(String, String)> = serde_urlencoded::from_bytes(&bytes).ok()?;
    let token = fields.into_iter().find(|(name, _)| name.as_bytes() == FORM_FIELD)?.1;
    key.is_form_token(&token).then(|| Request::from_parts(parts, Body::from(bytes)))
}

/// Nobody is signed in: pages lead to the sign-in, everything else is told.
fn unknown(uri: &Uri, is_safe: bool, headers: &HeaderMap) -> Response {
    if headers.contains_key("hx-request") {
        return (StatusCode::UNAUTHORIZED, [(HeaderName::from_static("hx-redirect"), "/console/sign-in")]).into_response();
    }
    if wants_page(headers) {
        let to = uri.path_and_query().map(|place| place.as_str()).filter(|_| is_safe).unwrap_or_default();
        let query = serde_urlencoded::to_string([("to", to)]).unwrap_or_default();
        return (StatusCode::SEE_OTHER, [(LOCATION, format!("/console/sign-in?{query}"))]).into_response();
    }
    ([(WWW_AUTHENTICATE, "Bearer")], Problem::new(StatusCode::UNAUTHORIZED, SIGN_IN)).into_response()
}

fn refused(status: StatusCode, why: &str, headers: &HeaderMap, visitor: Option<&Visitor>) -> Response {
    if wants_page(headers) { refused_page(status, visitor) } else { Problem::new(status, why).into_response() }
}

/// A browser's window asks for it, not a script.
pub(super) fn wants_page(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).is_some_and(|accept| accept.contains("text/html"))
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// A page of ours, and no other, opens this WebSocket.
pub(super) fn own_page(headers: &HeaderMap) -> bool {
    let host = text(headers, ORIGIN).and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    host.is_some() && host == text(headers, HOST)
}

/// The browser says that another site's page sent it.
pub(super) fn is_foreign(headers: &HeaderMap) -> bool {
    headers.contains_key(ORIGIN) && !own_page(headers)
}

/// The session of a request's cookie, whether or not it still goes on.
pub(super) fn session_key(headers: &HeaderMap) -> Option<SessionKey> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(';'));
    let mut values = cookies.filter_map(|cookie| cookie.trim().split_once('=')).filter(|(name, _)| *name == COOKIE_NAME);
    values.next().and_then(|(_, value)| SessionKey::parse(value))
}

impl Gate {
    async fn visitor(&self, headers: &HeaderMap) -> Result<Option<Visitor>, Problem> {
        if let Some(shown) = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes) {
            let role = self.token.as_ref().filter(|(token, _)| token.is_in(Some(shown))).map(|(_, role)| *role);
            return Ok(role.map(|role| Visitor { person: Person::system(role), key: None, has_desk: self.has_desk }));
        }
        let Some(key) = session_key(headers) else { return Ok(None) };
        let person = self.people.signed_in(&key, (self.clock)()).await?;
        Ok(person.map(|person| Visitor { person, key: Some(key), has_desk: self.has_desk }))
    }

    /// Where a browser is, and whether it came by https.
    pub(super) fn origin(&self, peer: ConnectInfo<SocketAddr>, headers: &HeaderMap) -> (IpAddr, bool) {
        let peer = peer.0.ip();
        if !self.proxies.contains(peer) {
            return (peer, false);
        }
        let forwarded = text(headers, HeaderName::from_static("x-forwarded-for")).and_then(|list| list.rsplit(',').next());
        let address = forwarded.and_then(|address| address.trim().parse().ok()).unwrap_or(peer);
        (address, text(headers, HeaderName::from_static("x-forwarded-proto")) == Some("https"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    #[test]
    fn only_our_own_page_may_open_a_socket() {
        assert!(own_page(&headers(&[(ORIGIN, "http://desk.site.example:8460"), (HOST, "desk.site.example:8460")])));
        assert!(own_page(&headers(&[(ORIGIN, "https://desk.site.example"), (HOST, "desk.site.example")])));
        assert!(!own_page(&headers(&[(ORIGIN, "https://other.example"), (HOST, "desk.site.example")])));
        assert!(!own_page(&headers(&[(ORIGIN, "null"), (HOST, "null")])));
        assert!(!own_page(&headers(&[(HOST, "desk.site.example")])));
        assert!(!own_page(&headers(&[])));
    }

    #[test]
    fn a_session_is_found_among_other_cookies() {
        let value = "A".repeat(43);
        let found = |line: &str| session_key(&headers(&[(COOKIE, line)])).map(|key| key.text());
        assert_eq!(found(&format!("a=b; {COOKIE_NAME}={value}; c=d")), Some(value));
        assert_eq!(found("a=b"), None);
        assert_eq!(found(&format!("{COOKIE_NAME}=short")), None);
    }
}
