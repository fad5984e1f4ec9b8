//! Signing in, staying signed in, and being shut out.

use super::*;
use jiff::ToSpan;
use jiff::civil::date;

const RIGHT: &str = "correct horse battery";
const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

fn now() -> DateTime {
    date(2026, 11, 22).at(9, 30, 0, 0)
}

async fn house(names: &[&str]) -> People {
    let people = People::new(Database::temporary().await.unwrap(), SessionLimits::default());
    for name in names {
        let person = NewPerson { name, shown: "李敏", role: Role::Agent, skills: &["broadband".to_owned()], lang: Lang::Zh };
        people.add(person, Password::chosen(RIGHT, name).unwrap(), now()).await.unwrap();
    }
    people
}

async fn minutes(people: &People, name: &str, password: &str, from: IpAddr, at: DateTime) -> Result<SessionKey, Option<i64>> {
    match people.sign_in(name, password, from, at).await {
        Ok((key, _)) => Ok(key),
        Err(SignInError::Wrong) => Err(None),
        Err(SignInError::Wait { minutes }) => Err(Some(minutes)),
        Err(SignInError::Store(error)) => panic!("{error}"),
    }
}

#[tokio::test]
async fn the_password_signs_in_until_the_session_is_idle_old_or_ended() {
    let people = house(&["limin"]).await;
    let (key, person) = people.sign_in(" LiMin ", RIGHT, HOME, now()).await.unwrap();
    assert_eq!((person.name.as_str(), person.role, person.skills.as_slice()), ("limin", Role::Agent, &["broadband".to_owned()][..]));
    // Used every hour, it goes on, but not for ever.
    for hour in 1..=12 {
        assert!(people.signed_in(&key, now() + hour.hours()).await.unwrap().is_some(), "hour {hour}");
    }
    assert_eq!(people.signed_in(&key, now() + 12.hours() + 1.minute()).await.unwrap(), None);
    assert_eq!(people.signed_in(&key, now()).await.unwrap(), None, "what is over stays over");

    let (idle, _) = people.sign_in("limin", RIGHT, HOME, now()).await.unwrap();
    assert_eq!(people.signed_in(&idle, now() + 2.hours() + 1.second()).await.unwrap(), None);

    let (one, person) = people.sign_in("limin", RIGHT, HOME, now()).await.unwrap();
    let (other, _) = people.sign_in("limin", RIGHT, HOME, now()).await.unwrap();
    people.sign_out(&one).await.unwrap();
    assert_eq!(people.signed_in(&one, now()).await.unwrap(), None);
    assert!(people.signed_in(&other, now()).await.unwrap().is_some());
    people.sign_out_everywhere(&person).await.unwrap();
    assert_eq!(people.signed_in(&other, now()).await.unwrap(), None);
}

#[tokio::test]
async fn a_new_password_a_new_role_and_being_disabled_end_all_sessions() {
    let people = house(&["limin", "wang"]).await;
    for change in ["password", "role", "disable"] {
        let (key, _) = people.sign_in("limin", RIGHT, HOME, now()).await.unwrap();
        let (beside, _) = people.sign_in("wang", RIGHT, HOME, now()).await.unwrap();
        match change {
            "password" => people.set_password("limin", Password::chosen(RIGHT, "limin").unwrap()).await.unwrap(),
            "role" => people.set_role("limin", Role::Supervisor).await.unwrap(),
            _ => people.set_disabled("limin", true).await.unwrap(),
        }
        assert_eq!(people.signed_in(&key, now()).await.unwrap(), None, "{change}");
        assert!(people.signed_in(&beside, now()).await.unwrap().is_some(), "{change} of somebody else");
    }
    assert_eq!(minutes(&people, "limin", RIGHT, HOME, now()).await, Err(None), "disabled is told as wrong");
    people.set_disabled("limin", false).await.unwrap();
    assert!(minutes(&people, "limin", RIGHT, HOME, now()).await.is_ok());
    assert_eq!(people.list().await.unwrap()[0].role, Role::Supervisor);
    assert!(matches!(people.set_role("zhao", Role::Admin).await, Err(PeopleError::Nobody(_))));
}

#[tokio::test]
async fn a_name_that_is_guessed_at_waits_and_a_right_password_starts_anew() {
    let people = house(&["limin", "wang"]).await;
    for _ in 0..4 {
        assert_eq!(minutes(&people, "limin", "wrong", HOME, now()).await, Err(None));
    }
    assert!(minutes(&people, "limin", RIGHT, HOME, now()).await.is_ok());
    for _ in 0..5 {
        assert_eq!(minutes(&people, "limin", "wrong", HOME, now()).await, Err(None));
    }
    for at in [now(), now() + 14.minutes()] {
        assert_eq!(minutes(&people, "limin", RIGHT, HOME, at).await, Err(Some(15)), "even a right one is not looked at");
    }
    assert!(minutes(&people, "wang", RIGHT, HOME, now()).await.is_ok(), "another name");
    assert!(minutes(&people, "limin", RIGHT, HOME, now() + 16.minutes()).await.is_ok());
}

#[tokio::test]
async fn an_address_that_tries_many_names_waits() {
    let people = house(&["limin"]).await;
    for n in 0..20 {
        assert_eq!(minutes(&people, &format!("somebody{n}"), "wrong", HOME, now()).await, Err(None));
    }
    assert_eq!(minutes(&people, "limin", RIGHT, HOME, now()).await, Err(Some(15)));
    let elsewhere = "2001:db8::1".parse().unwrap();
    assert!(minutes(&people, "limin", RIGHT, elsewhere, now()).await.is_ok());
}

#[tokio::test]
async fn ones_own_password_is_changed_by_who_knows_it() {
    let people = house(&["limin"]).await;
    let (_, person) = people.sign_in("limin", RIGHT, HOME, now()).await.unwrap();
    assert!(matches!(
        people.change_password(&person, "wrong", "another horse", HOME, now()).await,
        Err(PeopleError::Unproved(SignInError::Wrong))
    ));
    assert!(matches!(people.change_password(&person, RIGHT, "short", HOME, now()).await, Err(PeopleError::Password(PasswordError::Short))));
    people.change_password(&person, RIGHT, "another horse", HOME, now()).await.unwrap();
    assert_eq!(minutes(&people, "limin", RIGHT, HOME, now()).await, Err(None));
    assert!(minutes(&people, "limin", "another horse", HOME, now()).await.is_ok());
}

#[tokio::test]
async fn names_skills_and_repetitions_are_refused_with_a_reason() {
    let people = house(&["limin"]).await;
    let password = Password::chosen(RIGHT, "").unwrap();
    for (name, shown, skill, expected) in [
        ("limin", "李敏", "vip", "limin is taken"),
        ("LiMin", "李敏", "vip", "limin is taken"),
        ("l", "李敏", "vip", "is no name"),
        ("1li", "李敏", "vip", "is no name"),
        ("李敏", "李敏", "vip", "is no name"),
        ("wang", " ", "vip", "1 to 40 characters"),
        ("wang", "王\n", "VIP", "is no skill"),
    ] {
        let person = NewPerson { name, shown, role: Role::Agent, skills: &[skill.to_owned()], lang: Lang::Zh };
        let error = people.add(person, password.clone(), now()).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}

/// Neither passwords, nor what browsers keep, nor names that were tried are in the file.
#[tokio::test]
async fn secrets_are_not_in_the_database() {
    let database = Database::temporary().await.unwrap();
    let people = People::new(database.clone(), SessionLimits::default());
    let person = NewPerson { name: "limin", shown: "李敏", role: Role::Agent, skills: &[], lang: Lang::Zh };
    people.add(person, Password::chosen(RIGHT, "limin").unwrap(), now()).await.unwrap();
    let (key, _) = people.sign_in("limin", RIGHT, HOME, now()).await.unwrap();
    assert_eq!(minutes(&people, "my secret, mistyped", "x", HOME, now()).await, Err(None));
    let bytes: Vec<u8> = ["", "-wal"].iter().filter_map(|suffix| std::fs::read(database.beside(suffix)).ok()).flatten().collect();
    let text = String::from_utf8_lossy(&bytes).to_string();
    assert!(text.contains("argon2id"), "the file was read");
    assert!(!text.contains(RIGHT) && !text.contains(&key.text()) && !text.contains("mistyped"));
}
