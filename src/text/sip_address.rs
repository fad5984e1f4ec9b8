//! Addresses of telephones.

/// `sip:201@pbx.example`, or the same with `sips:`.
pub fn is_sip_address(text: &str) -> bool {
    let Some((scheme, (user, host))) = text.split_once(':').and_then(|(scheme, rest)| Some((scheme, rest.split_once('@')?))) else {
        return false;
    };
    let is_plain = |part: &str| !part.is_empty() && part.chars().all(|letter| letter.is_ascii_graphic() && !"<>\"@,".contains(letter));
    matches!(scheme, "sip" | "sips") && text.len() <= 200 && is_plain(user) && is_plain(host)
}
