//! Notices to another system over HTTP, which sends them as text messages or mail.
//!
//! Each is a POST of JSON with an `Idempotency-Key` and a `Tingshuo-Signature`: the hexadecimal HMAC-SHA256 (RFC 2104), under a secret that both sides
//! know, of the key, a full stop and the body. The number is in the body, never in the address. Any 2xx is taken; everything else is tried again.

use super::notice::{Notice, NoticeError, Outbox, Taken};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use ring::hmac;
use std::time::Duration;

/// An attempt that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(5);

/// See the module's text.
pub struct WebhookOutbox {
    client: Client,
    address: Url,
    secret: hmac::Key,
}

impl WebhookOutbox {
    /// `address` is `https`, or `http` on this machine.
    ///
    /// # Errors
    /// Says what is wrong with the address or the secret.
    pub fn new(address: &str, secret: &str) -> Result<WebhookOutbox, String> {
        let address: Url = address.parse().map_err(|error| format!("{address}: {error}"))?;
        let host = address.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let here = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
        if address.scheme() != "https" && !(address.scheme() == "http" && here) {
            return Err(format!("{address}: notices hold numbers of customers: use https"));
        }
        if secret.trim().len() < 16 {
            return Err("the secret of the webhook has fewer than 16 characters".into());
        }
        let client = Client::builder().redirect(Policy::none()).no_proxy().timeout(PATIENCE).build().map_err(|error| error.to_string())?;
        Ok(WebhookOutbox { client, address, secret: hmac::Key::new(hmac::HMAC_SHA256, secret.trim().as_bytes()) })
    }

    fn signature(&self, key: &str, body: &str) -> String {
        let tag = hmac::sign(&self.secret, format!("{key}.{body}").as_bytes());
        tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Outbox for WebhookOutbox {
    fn put(&self, notice: Notice) -> Taken<'_> {
        let body = serde_json::json!({
            "key": notice.key, "to": notice.to.reveal(), "channel": notice.channel.name(), "about": notice.about, "at": notice.at.to_string(),
            "text": notice.text,
        });
        let body = body.to_string();
        let request = self
            .client
            .post(self.address.clone())
            .header("content-type", "application/json")
            .header("idempotency-key", &notice.key)
            .header("tingshuo-signature", self.signature(&notice.key, &body))
            .body(body);
        Box::pin(async move {
            // Without the address: it may hold secrets of its own.
            let reply = request.send().await.map_err(|error| NoticeError::Refused(error.without_url().to_string()))?;
            let status = reply.status();
            if status.is_success() { Ok(()) } else { Err(NoticeError::Refused(format!("the webhook answered {status}"))) }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Channel;
    use crate::text::PhoneNumber;
    use axum::http::{HeaderMap, StatusCode};
    use jiff::civil::date;
    use std::sync::{Arc, Mutex};

    const SECRET: &str = "open-sesame-open-sesame";

    #[tokio::test]
    async fn a_notice_is_signed_and_a_refusal_is_an_error() {
        let seen: Arc<Mutex<Vec<(String, String, String)>>> = Arc::default();
        let log = seen.clone();
        let receive = async move |headers: HeaderMap, body: String| {
            let header = |name: &str| headers[name].to_str().unwrap().to_owned();
            let mut seen = log.lock().unwrap();
            seen.push((header("idempotency-key"), header("tingshuo-signature"), body));
            if seen.len() == 1 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::NO_CONTENT }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/notices", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, axum::Router::new().route("/notices", axum::routing::post(receive))).await });
        let outbox = WebhookOutbox::new(&address, SECRET).unwrap();
        let notice = Notice {
            key: "incident/1".into(),
            to: PhoneNumber::parse("13800000001").unwrap(),
            text: "已经恢复".into(),
            about: "incident/1".into(),
            channel: Channel::Text,
            at: date(2026, 11, 22).at(9, 30, 0, 0),
        };
        let refused = outbox.put(notice.clone()).await.unwrap_err();
        assert_eq!(refused.to_string(), "the webhook answered 503 Service Unavailable");
        outbox.put(notice).await.unwrap();
        let seen = seen.lock().unwrap();
        assert_eq!(seen[0], seen[1], "the same again");
        let (key, signature, body) = &seen[1];
        let key_of_receiver = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
        let pairs = signature.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
        let tag: Vec<u8> = pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect();
        hmac::verify(&key_of_receiver, format!("{key}.{body}").as_bytes(), &tag).unwrap();
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!((body["to"].as_str(), body["text"].as_str()), (Some("13800000001"), Some("已经恢复")));
    }

    #[track_caller]
    fn rejected(address: &str, secret: &str, reason: &str) {
        let error = WebhookOutbox::new(address, secret).err().unwrap();
        assert!(error.contains(reason), "{error}");
    }

    #[test]
    fn numbers_go_over_https_only() {
        assert!(WebhookOutbox::new("https://notices.example/in", SECRET).is_ok());
        assert!(WebhookOutbox::new("http://[::1]:9000/in", SECRET).is_ok());
        rejected("http://notices.example/in", SECRET, "use https");
        rejected("http://127.0.0.1.example/in", SECRET, "use https");
        rejected("no address", SECRET, "no address");
        rejected("https://notices.example/in", "short", "fewer than 16");
    }
}
