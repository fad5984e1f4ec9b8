//! Which operator's systems a call asks: the embedded demo operator, or those behind a URL.

use super::Failure;
use crate::business::HttpOperator;
use crate::business::http::Policy;
use crate::security::Token;
use anyhow::{Context, bail};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where a token comes from when no file is named.
const TOKEN_VARIABLE: &str = "TINGSHUO_OPERATOR_TOKEN";
/// The longest token or certificate file, in bytes.
const LONGEST_FILE: u64 = 1024 * 1024;

#[derive(clap::Args)]
pub struct OperatorArgs {
    /// Ask the operator's systems at this address instead of the embedded demo operator; `tingshuo demo-operator --openapi` says what
    /// they have to serve
    #[arg(long = "operator", value_name = "URL")]
    url: Option<String>,
    #[command(flatten)]
    token: TokenArgs,
    /// Trust this certificate authority (PEM) beside the machine's own
    #[arg(long = "operator-ca", value_name = "FILE", requires = "url")]
    authority: Option<PathBuf>,
    /// How many seconds the operator's systems have for one attempt
    #[arg(long = "operator-timeout", value_name = "SECONDS", requires = "url", default_value_t = 3.0, value_parser = seconds)]
    timeout: f64,
}

#[derive(clap::Args)]
pub struct TokenArgs {
    /// The file with the token that both sides know; without it $TINGSHUO_OPERATOR_TOKEN
    #[arg(long = "operator-token-file", value_name = "FILE")]
    file: Option<PathBuf>,
}

impl OperatorArgs {
    /// `None` when the embedded demo operator is meant.
    pub fn connect(&self) -> Result<Option<HttpOperator>, Failure> {
        let Some(url) = &self.url else { return Ok(None) };
        let token = self.token.read()?;
        let authority = self.authority.as_deref().map(small_file).transpose()?;
        let policy = Policy { attempt: Duration::from_secs_f64(self.timeout), ..Policy::default() };
        let operator = HttpOperator::new(url, token.as_ref(), authority.as_deref(), policy).context("--operator")?;
        Ok(Some(operator))
    }
}

impl TokenArgs {
    /// The token of the file, else of the environment, else none.
    pub fn read(&self) -> Result<Option<Token>, Failure> {
        let (raw, place) = match &self.file {
            Some(file) => (String::from_utf8_lossy(&small_file(file)?).into_owned(), file.display().to_string()),
            None => match std::env::var(TOKEN_VARIABLE) {
                Ok(raw) => (raw, format!("${TOKEN_VARIABLE}")),
                Err(std::env::VarError::NotPresent) => return Ok(None),
                Err(error) => bail!("${TOKEN_VARIABLE}: {error}"),
            },
        };
        match Token::parse(&raw) {
            Some(token) => Ok(Some(token)),
            None => bail!("{place}: a token is one word of printable ASCII characters, at most 1024"),
        }
    }
}

fn small_file(path: &Path) -> Result<Vec<u8>, Failure> {
    let length = std::fs::metadata(path).with_context(|| path.display().to_string())?.len();
    if length > LONGEST_FILE {
        bail!("{}: {length} bytes are too many for a token or a certificate", path.display());
    }
    std::fs::read(path).with_context(|| path.display().to_string())
}

fn seconds(raw: &str) -> Result<f64, String> {
    let seconds: f64 = raw.parse().map_err(|_| "not a number of seconds".to_owned())?;
    if (0.05..=8.0).contains(&seconds) { Ok(seconds) } else { Err("0.05 to 8 seconds; a caller waits no longer".to_owned()) }
}
