//! The doors of telephony platforms that bring calls over a WebSocket.
//!
//! The token comes as a bearer token, as the password of basic authentication, as `?token=`, or within the platform's own first message;
//! the caller and the language may come as `?caller=` and `?lang=`.

use super::Lines;
use super::routes::Routes;
use crate::line::caller::number;
use crate::line::websocket::asterisk::{self, Asterisk};
use crate::line::websocket::jambonz::{self, Jambonz};
use crate::line::websocket::twilio::Twilio;
use crate::line::websocket::{self, Dialect, LONGEST_MESSAGE, Start, Terms};
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::response::Response;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use std::sync::Arc;

pub(super) fn routes(routes: Routes<Arc<Lines>>) -> Routes<Arc<Lines>> {
    routes
        .get("/media/twilio", async |request: Request, upgrade: WebSocketUpgrade| door(Twilio::new(), request, upgrade))
        .get("/media/jambonz", async |request: Request, upgrade: WebSocketUpgrade| door(Jambonz::new(), request, upgrade))
        .get("/media/asterisk", async |request: Request, upgrade: WebSocketUpgrade| door(Asterisk::new(), request, upgrade))
}

type Request = (State<Arc<Lines>>, Query<Named>, HeaderMap);

/// What a request may say of its call.
#[derive(Deserialize)]
struct Named {
    caller: Option<String>,
    lang: Option<String>,
    token: Option<String>,
}

fn door<D: Dialect + 'static>(dialect: D, (State(lines), Query(named), headers): Request, upgrade: WebSocketUpgrade) -> Response {
    let start = Start {
        caller: named.caller.as_deref().and_then(number),
        lang: named.lang.as_deref().and_then(websocket::lang),
        token: token(&headers).or(named.token),
    };
    let terms = Terms { token: lines.token.clone(), start, lang: lines.lang };
    let reception = lines.reception.clone();
    upgrade
        .max_message_size(LONGEST_MESSAGE)
        .protocols([jambonz::SUBPROTOCOL, asterisk::SUBPROTOCOL])
        .on_upgrade(async move |socket| websocket::serve(socket, dialect, reception, terms).await)
}

/// A bearer token, or the password of basic authentication.
fn token(headers: &HeaderMap) -> Option<String> {
    let (scheme, value) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(value.trim().to_owned());
    }
    let pair = BASE64_STANDARD.decode(value.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let (_, password) = std::str::from_utf8(&pair).ok()?.split_once(':')?;
    Some(password.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(header: &str, expected: Option<&str>) {
        let headers = HeaderMap::from_iter([(AUTHORIZATION, header.parse().unwrap())]);
        assert_eq!(token(&headers).as_deref(), expected, "{header}");
    }

    #[test]
    fn a_token_is_a_bearer_token_or_a_password() {
        check("Bearer open-sesame", Some("open-sesame"));
        check("bearer  open-sesame", Some("open-sesame"));
        check("Basic dGluZ3NodW86b3Blbi1zZXNhbWU=", Some("open-sesame"));
        check("Basic !", None);
        check("Digest username=x", None);
        check("open-sesame", None);
    }
}
