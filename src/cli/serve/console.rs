//! What the console is made from, and what is said of it at the start: where it is, and how the first person gets in.

use super::configuration::Configuration;
use crate::api::{Sources, Trunks};
use crate::call::editions::Editions;
use crate::call::reception::Reception;
use crate::call::services::Services;
use crate::cli::Failure;
use crate::cli::check::{load_calendar, load_triggers};
use crate::cli::flow::drawing;
use crate::models::data_dir;
use crate::outbound::audition::Audition;
use crate::outbound::office::Office;
use crate::outbound::test_call::TestCalls;
use crate::security::People;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

/// What pages are made from, of the service.
pub struct House<'a> {
    pub services: &'a Services,
    pub editions: &'a Arc<Editions>,
    pub reception: &'a Arc<Reception>,
    pub audition: Arc<Audition>,
    pub test_calls: TestCalls,
    /// Numbers that customers may see, by trunk.
    pub callers: BTreeMap<String, Vec<String>>,
}

/// What pages are made from.
pub fn sources(house: House<'_>, trunks: Trunks) -> Result<Sources, Failure> {
    let House { services, editions, reception, audition, test_calls, callers } = house;
    let (drawn, named) = (editions.clone(), editions.clone());
    let office = Office {
        database: services.database.clone(),
        calendar: Arc::new(load_calendar(&data_dir())?),
        flows: Arc::new(move || named.current().engine.flows().reminders().into_iter().map(str::to_owned).collect()),
        rules: Arc::new(load_triggers(&data_dir())?),
        callers: Arc::new(callers),
        trunks: Arc::new(move || trunks().into_iter().map(|(name, _)| name).collect()),
    };
    Ok(Sources {
        orders: services.work_orders.clone(),
        database: services.database.clone(),
        operator: services.operator.clone(),
        reception: reception.clone(),
        editions: editions.clone(),
        home: data_dir(),
        draw: Arc::new(move |flow, lang| {
            let graph = drawn.current().engine.flows().graph(flow, lang)?;
            Some(drawing::svg(&[graph], lang))
        }),
        office,
        audition,
        test_calls,
    })
}

/// Tells where the console is and what is missing to use it.
pub async fn tell(people: &People, configuration: &Configuration, address: SocketAddr) -> Result<(), Failure> {
    println!("console: http://{address}/console");
    match &configuration.database {
        None => println!(
            "nobody can sign in to the console: name a database in the configuration, then make the first person with `tingshuo user add`"
        ),
        Some(path) if people.list().await?.is_empty() => {
            println!("nobody can sign in to the console yet: tingshuo user add NAME --role admin --database {}", path.display());
        }
        Some(_) => {}
    }
    if !address.ip().is_loopback() && configuration.http.proxies == Default::default() {
        eprintln!(
            "tingshuo: passwords for the console would cross the network readable: put a reverse proxy with a certificate in front, and name it in http.proxies"
        );
    }
    Ok(())
}
