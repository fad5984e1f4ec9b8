//! The configuration file of `tingshuo serve`.

use super::outbound::Outbound;
use super::telephone::{Sip, TransferBy};
use crate::business::Operator;
use crate::call::manners::{Manners, Readiness};
use crate::call::reception::Limits;
use crate::care::{FileOutbox, Outbox, SmtpOutbox, WebhookOutbox, smtp};
use crate::cli::Failure;
use crate::line::networks::Networks;
use crate::security::{Role, SessionLimits, Token};
use crate::text::Lang;
use anyhow::{Context, bail};
use jiff::SignedDuration;
use serde::{Deserialize, Deserializer};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// See `tingshuo.example.toml`, which has every field with its default.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct Configuration {
    /// The language of calls that name none.
    pub lang: Lang,
    pub database: Option<PathBuf>,
    pub calls: Calls,
    pub turns: TurnTaking,
    pub http: Http,
    pub sign_in: SignIn,
    pub audiosocket: Option<AudioSocket>,
    pub sip: Option<Sip>,
    pub notices: Option<Notices>,
    pub desk: Option<DeskSection>,
    pub outbound: Outbound,
}

impl Default for Configuration {
    fn default() -> Configuration {
        Configuration {
            lang: Lang::Zh,
            database: None,
            calls: Calls::default(),
            turns: TurnTaking::default(),
            http: Http::default(),
            sign_in: SignIn::default(),
            audiosocket: None,
            sip: None,
            notices: None,
            desk: None,
            outbound: Outbound::default(),
        }
    }
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct Calls {
    /// Calls held at once; more hear busy.
    pub most: usize,
    /// Calls listened to at once; more are held by keys. By default seven for each core.
    pub hearing: Option<usize>,
    /// Where both sides of every call are kept; without it none are.
    pub recordings: Option<PathBuf>,
    /// How long calls may go on after the service was told to stop.
    pub drain_seconds: u64,
}

impl Default for Calls {
    fn default() -> Calls {
        Calls { most: 60, hearing: None, recordings: None, drain_seconds: 120 }
    }
}

/// When a sound is taken for the caller, by what the call is doing.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct TurnTaking {
    pub while_speaking: Start,
    pub while_listening: Start,
    pub while_thinking: Start,
    /// A prompt that a sound stopped goes on when so long after it no words of it are known.
    pub resume_ms: u32,
}

/// All three are needed where one is written: they belong together.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Start {
    pub start_ms: u32,
    pub window_ms: u32,
    pub threshold: f32,
}

impl Default for TurnTaking {
    fn default() -> TurnTaking {
        let Manners { while_speaking, while_listening, while_thinking, resume_ms } = Manners::default();
        let [while_speaking, while_listening, while_thinking] = [while_speaking, while_listening, while_thinking]
            .map(|Readiness { start_ms, window_ms, threshold }| Start { start_ms, window_ms, threshold });
        TurnTaking { while_speaking, while_listening, while_thinking, resume_ms }
    }
}

/// A longer window would take in more than a word.
const LONGEST_WINDOW_MS: u32 = 600;
const RESUME_MS: std::ops::RangeInclusive<u32> = 200..=5_000;

impl TurnTaking {
    /// What a call keeps to.
    pub fn manners(&self) -> Manners {
        let [while_speaking, while_listening, while_thinking] = [self.while_speaking, self.while_listening, self.while_thinking]
            .map(|Start { start_ms, window_ms, threshold }| Readiness { start_ms, window_ms, threshold });
        Manners { while_speaking, while_listening, while_thinking, resume_ms: self.resume_ms }
    }

    fn check(&self) -> Result<(), Failure> {
        for (name, start) in
            [("while_speaking", self.while_speaking), ("while_listening", self.while_listening), ("while_thinking", self.while_thinking)]
        {
            let Start { start_ms, window_ms, threshold } = start;
            if start_ms == 0 || start_ms > window_ms || window_ms > LONGEST_WINDOW_MS {
                bail!(
                    "turns.{name}: start_ms {start_ms} has to be above 0 and within window_ms {window_ms}, and that within {LONGEST_WINDOW_MS}"
                );
            }
            if !(0.1..=0.95).contains(&threshold) {
                bail!("turns.{name}: threshold {threshold} has to be from 0.1 (anything is a voice) to 0.95 (hardly anything is)");
            }
        }
        if !RESUME_MS.contains(&self.resume_ms) {
            bail!("turns.resume_ms {} has to be from {} to {}", self.resume_ms, RESUME_MS.start(), RESUME_MS.end());
        }
        Ok(())
    }
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    pub listen: SocketAddr,
    /// The file with the token that media platforms must know.
    pub token_file: Option<PathBuf>,
    /// The file with the token that other systems show; without it they are not served.
    pub api_token_file: Option<PathBuf>,
    /// What that token lets them do.
    pub api_token_role: TokenRole,
    /// Whose word on a browser's address and scheme is taken.
    pub proxies: Networks,
    pub softphone: bool,
}

/// A role by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenRole(pub Role);

impl<'de> Deserialize<'de> for TokenRole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<TokenRole, D::Error> {
        String::deserialize(deserializer)?.parse().map(TokenRole).map_err(serde::de::Error::custom)
    }
}

/// For how long people stay signed in.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct SignIn {
    pub idle_minutes: u32,
    pub hours: u32,
}

impl Default for SignIn {
    fn default() -> SignIn {
        let SessionLimits { idle, whole } = SessionLimits::default();
        SignIn { idle_minutes: idle.as_mins() as u32, hours: whole.as_hours() as u32 }
    }
}

impl SignIn {
    pub fn limits(self) -> SessionLimits {
        let (idle, whole) = (SignedDuration::from_mins(self.idle_minutes.into()), SignedDuration::from_hours(self.hours.into()));
        SessionLimits { idle, whole }
    }
}

impl Default for Http {
    fn default() -> Http {
        Http {
            listen: SocketAddr::from(([127, 0, 0, 1], 8460)),
            token_file: None,
            api_token_file: None,
            api_token_role: TokenRole(Role::Operator),
            proxies: Networks::default(),
            softphone: true,
        }
    }
}

/// People who take callers over at /console/desk; without it nobody does, unless the line knows somebody.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct DeskSection {
    /// Hours, priorities, skills and times; `desk/desk.yaml` without it.
    pub rules: Option<PathBuf>,
    /// The trunk that agents' telephones are called over; without it each is called where its address says.
    pub phone_trunk: Option<String>,
}

/// Where notices to customers go; without it into files beside the database.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Notices {
    pub webhook: Option<String>,
    pub secret_file: Option<PathBuf>,
    /// Mail to those who want mail; all others as without it.
    pub smtp: Option<Smtp>,
}

/// The mail server.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Smtp {
    pub host: String,
    pub port: Option<u16>,
    #[serde(default)]
    pub security: MailSecurity,
    /// Who vouches for it; without it those whom this machine believes.
    pub ca_file: Option<PathBuf>,
    pub user: Option<String>,
    pub password_file: Option<PathBuf>,
    pub from: String,
    #[serde(default = "Smtp::usual_subject")]
    pub subject: String,
}

/// How the mail server is spoken with; `none` only on this machine.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum MailSecurity {
    Tls,
    #[default]
    StartTls,
    None,
}

impl Smtp {
    fn usual_subject() -> String {
        "听说电信通知 / Tingshuo Telecom".to_owned()
    }

    fn server(&self) -> Result<smtp::Server, Failure> {
        let user = match (&self.user, &self.password_file) {
            (Some(user), Some(path)) => {
                let password = std::fs::read_to_string(path).with_context(|| format!("notices.smtp.password_file: {}", path.display()))?;
                Some((user.clone(), password.trim().to_owned()))
            }
            (None, None) => None,
            _ => bail!("notices.smtp: user and password_file belong together"),
        };
        let security = match self.security {
            MailSecurity::Tls => smtp::Security::Tls,
            MailSecurity::StartTls => smtp::Security::StartTls,
            MailSecurity::None => smtp::Security::None,
        };
        let read = |path: &PathBuf| std::fs::read(path).with_context(|| format!("notices.smtp.ca_file: {}", path.display()));
        let authority = self.ca_file.as_ref().map(read).transpose()?;
        let (host, port, from, subject) = (self.host.clone(), self.port, self.from.clone(), self.subject.clone());
        Ok(smtp::Server { host, port, security, authority, user, from, subject })
    }
}

impl Notices {
    /// Where notices are carried; `files` takes what nothing else does.
    pub fn outbox(&self, operator: &Arc<dyn Operator>, files: FileOutbox) -> Result<Arc<dyn Outbox>, Failure> {
        let wrong = |reason: String| anyhow::anyhow!("notices: {reason}");
        let texts: Arc<dyn Outbox> = match (&self.webhook, &self.secret_file) {
            (Some(webhook), Some(path)) => {
                let secret = std::fs::read_to_string(path).with_context(|| format!("notices.secret_file: {}", path.display()))?;
                Arc::new(WebhookOutbox::new(webhook, &secret).map_err(wrong)?)
            }
            (None, None) => Arc::new(files),
            _ => bail!("notices: webhook and secret_file belong together"),
        };
        match &self.smtp {
            Some(section) => Ok(Arc::new(SmtpOutbox::new(section.server()?, operator.clone(), texts).map_err(wrong)?)),
            None => Ok(texts),
        }
    }
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct AudioSocket {
    pub listen: SocketAddr,
    #[serde(default = "Networks::loopback")]
    pub allow: Networks,
}

/// Calls that one core can listen to: each speaks about a quarter of the time, and a second of speech takes about half a second of work.
const HEARING_A_CORE: usize = 7;

impl Configuration {
    /// From `path`; without one from `tingshuo.toml` where there is such a file, else the defaults.
    pub fn read(path: Option<&Path>) -> Result<Configuration, Failure> {
        let usual = Path::new("tingshuo.toml");
        let Some(path) = path.or_else(|| usual.exists().then_some(usual)) else { return Ok(Configuration::default()) };
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let configuration = Configuration::parse(&text).with_context(|| path.display().to_string())?;
        Ok(configuration)
    }

    pub fn parse(text: &str) -> Result<Configuration, Failure> {
        let configuration: Configuration = toml::from_str(text)?;
        if configuration.calls.most == 0 {
            bail!("calls.most is 0: no call could ever be taken");
        }
        configuration.turns.check()?;
        configuration.outbound.check()?;
        let by_desk = configuration.sip.as_ref().is_some_and(|sip| sip.transfer_by == TransferBy::Desk);
        if by_desk && configuration.desk.is_none() {
            bail!("sip.transfer_by is \"desk\", and there is no section [desk]");
        }
        let trunks = configuration.sip.as_ref().map(|sip| &sip.trunks);
        let phone_trunk = configuration.desk.as_ref().and_then(|desk| desk.phone_trunk.as_ref());
        if let Some(trunk) = phone_trunk.filter(|trunk| !trunks.is_some_and(|trunks| trunks.contains_key(*trunk))) {
            bail!("desk.phone_trunk: there is no section sip.trunks.{trunk}");
        }
        if configuration.sign_in.idle_minutes == 0 || configuration.sign_in.hours == 0 {
            bail!("sign_in.idle_minutes and sign_in.hours have to be above 0: nobody would stay signed in");
        }
        Ok(configuration)
    }

    pub fn limits(&self) -> Limits {
        let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
        let hearing = self.calls.hearing.unwrap_or(HEARING_A_CORE * cores);
        Limits { calls: self.calls.most, hearing: hearing.min(self.calls.most) }
    }
}

impl Http {
    /// The token of the file; needed where other machines can reach the doors.
    pub fn token(&self) -> Result<Option<Token>, Failure> {
        let Some(path) = &self.token_file else {
            if !self.listen.ip().is_loopback() {
                bail!("http.listen: {} can be reached from other machines: name a file with a token in http.token_file", self.listen);
            }
            return Ok(None);
        };
        read_token("http.token_file", path).map(Some)
    }

    /// The token of other systems and what it lets them do, where there is one.
    pub fn api_token(&self) -> Result<Option<(Token, Role)>, Failure> {
        let read = |path| Ok((read_token("http.api_token_file", path)?, self.api_token_role.0));
        self.api_token_file.as_deref().map(read).transpose()
    }
}

fn read_token(field: &str, path: &Path) -> Result<Token, Failure> {
    let raw = std::fs::read_to_string(path).with_context(|| format!("{field}: {}", path.display()))?;
    Token::parse(&raw).with_context(|| format!("{}: a token is one word of printable ASCII characters, at most 1024", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_has_every_field_with_its_default() {
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tingshuo.example.toml")).unwrap();
        let example = Configuration::parse(&text).unwrap();
        let defaults = Configuration::default();
        assert_eq!(example.limits(), defaults.limits());
        assert_eq!(
            (example.lang, example.http, example.sign_in, example.turns, example.outbound),
            (defaults.lang, defaults.http, defaults.sign_in, defaults.turns, defaults.outbound)
        );
        // What is off by default stands there as a comment, and must be right as well.
        let uncommented: String = text.lines().map(|line| format!("{}\n", line.strip_prefix("#: ").unwrap_or(line))).collect();
        let whole = Configuration::parse(&uncommented).unwrap();
        assert!(
            whole.sip.is_some()
                && whole.audiosocket.is_some()
                && whole.calls.recordings.is_some()
                && whole.http.token_file.is_some()
                && whole.database.is_some()
                && whole.desk.is_some()
        );
    }

    #[test]
    fn mistakes_are_named() {
        for (text, expected) in [
            ("[call]\nmost = 3", "unknown field `call`"),
            ("[calls]\nmost = 0", "calls.most is 0"),
            ("[audiosocket]\nlisten = \"127.0.0.1:8461\"\nallow = [\"10.0.0\"]", "\"10.0.0\" is no address range"),
            ("[http]\nlisten = \"8460\"", "socket address"),
            ("[http]\napi_token_role = \"boss\"", "there is no role \"boss\""),
            ("[sign_in]\nhours = 0", "nobody would stay signed in"),
            ("[turns]\nwhile_speaking = { start_ms = 400, window_ms = 320, threshold = 0.7 }", "within window_ms 320"),
            ("[turns]\nwhile_thinking = { start_ms = 100, window_ms = 200, threshold = 1.5 }", "turns.while_thinking: threshold 1.5"),
            ("[sip]\nlisten = [\"udp:127.0.0.1:5060\"]\ntransfer_by = \"desk\"", "no section [desk]"),
            ("[turns]\nresume_ms = 60000", "turns.resume_ms 60000"),
            ("[outbound]\nring_seconds = 0", "outbound.ring_seconds"),
            ("[outbound]\nmost_a_day = 9\nmost_a_week = 4", "outbound.most_a_week"),
            ("[outbound.again_after_minutes]\nbusy = 0", "outbound.again_after_minutes.busy"),
            ("[outbound]\ntest_numbers = [\"the office\"]", "outbound.test_numbers"),
        ] {
            let message = format!("{:#}", Configuration::parse(text).unwrap_err());
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn doors_that_others_reach_need_a_token() {
        let http = Http { listen: SocketAddr::from(([0, 0, 0, 0], 8460)), ..Http::default() };
        assert!(http.token().unwrap_err().to_string().contains("token_file"));
        assert!(Http::default().token().unwrap().is_none());
    }
}
