//! `tingshuo user`: who may sign in to the console.

use super::Failure;
use super::serve::configuration::Configuration;
use crate::security::{NewPerson, Password, People, Role, SessionLimits};
use crate::store::Database;
use crate::text::Lang;
use anyhow::{Context, bail, ensure};
use jiff::Zoned;
use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;

/// People who may sign in to the console, and what they may do there. Passwords are asked for on the terminal, or read as one line from
/// standard input; they are never arguments.
#[derive(clap::Args)]
pub struct Args {
    /// The database of the service; without it the one that tingshuo.toml in the present folder names
    #[arg(long, value_name = "FILE", global = true)]
    database: Option<PathBuf>,
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Lets somebody in
    Add {
        /// What one signs in with: a letter first, then a-z, 0-9, dot, hyphen, underscore
        name: String,
        /// agent, supervisor, operator or admin
        #[arg(long)]
        role: Role,
        /// What others see; the name without it
        #[arg(long, value_name = "TEXT")]
        shown: Option<String>,
        /// What an agent can take over, as desk/desk.yaml names it; several with commas
        #[arg(long, value_delimiter = ',', value_name = "SKILL")]
        skills: Vec<String>,
        /// The language of the pages
        #[arg(long, value_enum, default_value_t = Lang::Zh)]
        lang: Lang,
    },
    /// Who there is
    List {
        /// JSON, an object a line
        #[arg(long)]
        json: bool,
    },
    /// Lets somebody in no more; all sessions end at once
    Disable {
        name: String,
        /// Lets in again instead
        #[arg(long)]
        undo: bool,
    },
    /// Sets a new password; all sessions end at once
    Password { name: String },
    /// What an agent speaks on at the desk: the SIP address of a telephone (sip:201@pbx.example), or without one the browser
    Phone { name: String, address: Option<String> },
    /// Gives another role; all sessions end at once
    Role { name: String, role: Role },
}

pub fn run(args: Args) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(work(args))
}

async fn work(args: Args) -> Result<(), Failure> {
    let configured = || Configuration::read(None).map(|configuration| configuration.database);
    let Some(path) = args.database.map_or_else(configured, |path| Ok(Some(path)))? else {
        bail!("which database? name the one of `serve` with --database, or in tingshuo.toml");
    };
    let makes_it = matches!(args.what, What::Add { .. });
    ensure!(makes_it || path.is_file(), "{}: there is no database here; name the one of `serve`", path.display());
    let database = Database::open(&path).await.with_context(|| path.display().to_string())?;
    let people = People::new(database, SessionLimits::default());
    match args.what {
        What::Add { name, role, shown, skills, lang } => {
            let password = ask_for_a_password(&name)?;
            let person = NewPerson { name: &name, shown: shown.as_deref().unwrap_or(&name), role, skills: &skills, lang };
            let person = people.add(person, password, Zoned::now().datetime()).await?;
            println!("{} may sign in as {}", person.name, role.name());
        }
        What::List { json } => {
            for person in people.list().await? {
                let state = if person.disabled { "disabled" } else { "enabled" };
                if json {
                    let line = serde_json::json!({
                        "name": person.name, "shown": person.shown, "role": person.role.name(), "skills": person.skills, "phone": person.phone,
                        "lang": person.lang.code(), "disabled": person.disabled,
                    });
                    println!("{line}");
                } else {
                    println!("{:<20} {:<10} {:<8} {}  {}", person.name, person.role.name(), state, person.shown, person.skills.join(","));
                }
            }
        }
        What::Disable { name, undo } => {
            people.set_disabled(&name, !undo).await?;
            println!("{name} is {}", if undo { "let in again" } else { "not let in any more" });
        }
        What::Password { name } => {
            let known = people.list().await?.iter().any(|person| person.name == name.to_lowercase());
            ensure!(known, "there is nobody named {name}; `tingshuo user list` shows who there is");
            people.set_password(&name, ask_for_a_password(&name)?).await?;
            println!("{name} has a new password and has to sign in again");
        }
        What::Phone { name, address } => {
            people.set_phone(&name, address.as_deref()).await?;
            println!("{name} speaks on {}", address.as_deref().unwrap_or("the browser"));
        }
        What::Role { name, role } => {
            people.set_role(&name, role).await?;
            println!("{name} is {} now and has to sign in again", role.name());
        }
    }
    Ok(())
}

/// Twice on a terminal, without showing it; else one line of standard input.
fn ask_for_a_password(name: &str) -> Result<Password, Failure> {
    let input = std::io::stdin();
    if input.is_terminal() {
        let typed = rpassword::prompt_password(format!("Password for {name}: "))?;
        let password = Password::chosen(&typed, name)?;
        ensure!(typed == rpassword::prompt_password("Again: ")?, "the two passwords differ; nothing was changed");
        return Ok(password);
    }
    let mut line = String::new();
    input.lock().read_line(&mut line)?;
    let typed = line.trim_end_matches(['\r', '\n']);
    ensure!(!typed.is_empty(), "no password: type it on a terminal, or give it as one line on standard input");
    Ok(Password::chosen(typed, name)?)
}
