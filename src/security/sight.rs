//! How much of a customer's personal data whom is shown: the one table. Pages and answers show nothing of it that did not pass here, or was kept masked.
//!
//! | what | agent | supervisor | operator | administrator |
//! | --- | --- | --- | --- | --- |
//! | the number of the call at one's own desk | masked | whole | masked | masked |
//! | a number anywhere else | masked | masked | masked | masked |
//! | a name | whole | whole | masked | masked |
//! | an address | whole | whole | masked | masked |
//!
//! Who speaks with customers calls them by name and sends somebody to their address; who runs the service does neither. What a campaign's call says
//! is heard as its customer hears it, and what people say and write in their own words is masked where it is kept, by its figures alone
//! ([`crate::text::mask::mask_text`]). Which routes show accounts, transcripts and recordings at all is written beside the routes.

use super::role::Role;
use crate::text::PhoneNumber;
use crate::text::mask::{mask_address, mask_name, mask_numbers};

/// What is personal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Personal {
    /// Of the call that somebody at the desk has, is offered or listens to.
    NumberAtDesk,
    Number,
    Name,
    Address,
}

impl Personal {
    /// What a field of a list, a form or a record holds by its name; `None` for what is not personal by itself.
    pub fn of_field(name: &str) -> Option<Personal> {
        let name = name.trim().to_lowercase();
        let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
        match () {
            () if has(&["address", "addr", "地址", "住址"]) => Some(Personal::Address),
            () if NAMES.contains(&name.as_str()) || has(&["姓名", "联系人", "户主"]) => Some(Personal::Name),
            () if has(&["phone", "mobile", "电话", "手机", "号码"]) => Some(Personal::Number),
            () => None,
        }
    }
}

/// Names of fields that hold a person's name; a plan and a level have names, too.
const NAMES: &[&str] =
    &["name", "name_en", "surname", "surname_en", "given_name", "full_name", "customer_name", "contact", "contact_name", "owner"];

/// Whether a role sees something whole.
pub fn is_whole(role: Role, what: Personal) -> bool {
    match what {
        Personal::NumberAtDesk => role == Role::Supervisor,
        Personal::Number => false,
        Personal::Name | Personal::Address => matches!(role, Role::Agent | Role::Supervisor),
    }
}

/// The number of a call at somebody's desk.
pub fn number_at_desk(role: Role, number: &PhoneNumber) -> String {
    if is_whole(role, Personal::NumberAtDesk) { number.reveal().to_owned() } else { number.to_string() }
}

/// What a field holds, as somebody sees it; telephone numbers are masked in every field.
pub fn field(role: Role, name: &str, text: &str) -> String {
    let text = mask_numbers(text);
    match Personal::of_field(name) {
        Some(what) if is_whole(role, what) => text,
        Some(Personal::Name) => mask_name(&text),
        Some(Personal::Address) => mask_address(&text),
        Some(Personal::Number | Personal::NumberAtDesk) | None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_sees_what() {
        let all = |what| Role::ALL.map(|role| is_whole(role, what));
        assert_eq!(Role::ALL, [Role::Agent, Role::Supervisor, Role::Operator, Role::Admin]);
        assert_eq!(all(Personal::NumberAtDesk), [false, true, false, false]);
        assert_eq!(all(Personal::Number), [false; 4]);
        assert_eq!(all(Personal::Name), [true, true, false, false]);
        assert_eq!(all(Personal::Address), [true, true, false, false]);
    }

    #[test]
    fn fields_are_known_by_their_names() {
        for (role, name, text, expected) in [
            (Role::Supervisor, "name", "王先生", "王先生"),
            (Role::Operator, "name", "王先生", "王**"),
            (Role::Admin, "客户姓名", "欧阳清风", "欧**"),
            (Role::Operator, "plan_name", "畅享 99", "畅享 99"),
            (Role::Agent, "安装地址", "青石路 18 号", "青石路 18 号"),
            (Role::Operator, "安装地址", "青石路 18 号", "青石路****"),
            (Role::Supervisor, "备用电话", "13800000001", "138****0001"),
            (Role::Agent, "地址", "青石路 18 号，电话 13800000001", "青石路 18 号，电话 138****0001"),
            (Role::Operator, "date", "2026-11-30 09:00", "2026-11-30 09:00"),
            (Role::Operator, "order", "2026112301", "2026112301"),
        ] {
            assert_eq!(field(role, name, text), expected, "{} {name}", role.name());
        }
    }
}
