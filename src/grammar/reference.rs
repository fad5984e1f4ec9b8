//! Where a rule reference's URI leads: a file and a rule, or a reason why not (sections 2.2.2 and 4.9). Touches no disk.

use super::model::Document;
use std::path::{Path, PathBuf};

#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    pub path: PathBuf,
    /// `None` means the root of that file.
    pub rule: Option<String>,
    /// The reference as a logical parse shows it: the base, then the URI as written.
    pub shown: String,
}

/// Resolves `uri` as it stands in `document`, which was read from `from`.
pub fn resolve(document: &Document, from: &Path, uri: &str) -> Result<Resolved, String> {
    if let Some(scheme) = scheme(uri) {
        return Err(unreachable_scheme(scheme, uri));
    }
    // A `meta` base is no declaration of the standard, yet people write it: it counts when it is local.
    let meta_base = document.meta("base").filter(|base| scheme(base).is_none());
    let base = document.base.as_deref().or(meta_base).unwrap_or_default();
    if let Some(scheme) = scheme(base) {
        return Err(unreachable_scheme(scheme, base));
    }
    let folder = base.rfind('/').map_or("", |end| base.get(..=end).unwrap_or_default());
    let shown = if uri.starts_with('/') { uri.to_owned() } else { format!("{folder}{uri}") };
    let (file, rule) = match shown.split_once('#') {
        Some((file, rule)) => (file, Some(rule.to_owned())),
        None => (shown.as_str(), None),
    };
    if rule.as_deref() == Some("") {
        return Err(format!("{uri} ends in # with no rule: name one or leave the # out"));
    }
    let file = percent_decoded(file).ok_or_else(|| format!("{uri} has a % that is not followed by two hexadecimal digits"))?;
    let path = if file.is_empty() { from.to_owned() } else { from.parent().unwrap_or(Path::new("")).join(file) };
    Ok(Resolved { path, rule, shown })
}

fn unreachable_scheme(scheme: &str, uri: &str) -> String {
    match scheme {
        "builtin" => format!("{uri}: there are no built-in grammars; refer to a file of the grammars folder"),
        _ => format!("{uri}: grammars are never fetched; copy the file into the grammars folder and refer to it by path"),
    }
}

fn scheme(uri: &str) -> Option<&str> {
    let (scheme, _) = uri.split_once(':')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    (scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(plain)).then_some(scheme)
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let mut digit = || char::from(bytes.next()?).to_digit(16);
            let (high, low) = (digit()?, digit()?);
            out.push((high * 16 + low) as u8);
        } else {
            out.push(byte);
        }
    }
    let decoded = String::from_utf8(out).ok()?;
    (!decoded.contains('\0')).then_some(decoded)
}

#[cfg(test)]
mod tests {
    use super::super::model::Form;
    use super::*;

    #[track_caller]
    fn check(base: Option<&str>, uri: &str, expected: Option<(&str, Option<&str>, &str)>) {
        let document = Document { base: base.map(str::to_owned), ..Document::empty(Form::Xml) };
        let resolved = resolve(&document, Path::new("g/a.grxml"), uri).ok();
        let expected =
            expected.map(|(path, rule, shown)| Resolved { path: path.into(), rule: rule.map(str::to_owned), shown: shown.into() });
        assert_eq!(resolved, expected, "{uri}");
    }

    #[test]
    fn references() {
        check(None, "b.grxml", Some(("g/b.grxml", None, "b.grxml")));
        check(None, "./b.grxml#x", Some(("g/./b.grxml", Some("x"), "./b.grxml#x")));
        check(Some("./sub/"), "b.grxml", Some(("g/./sub/b.grxml", None, "./sub/b.grxml")));
        check(Some("sub/other.grxml"), "b.grxml", Some(("g/sub/b.grxml", None, "sub/b.grxml")));
        check(None, "%E6%9C%88.grxml", Some(("g/月.grxml", None, "%E6%9C%88.grxml")));
        check(None, "builtin:digits", None);
        check(None, "http://example.com/a.grxml", None);
        check(Some("http://example.com/"), "a.grxml", None);
        check(None, "a.grxml#", None);
        check(None, "a%zz.grxml", None);
        check(None, "a%00.grxml", None);
    }
}
