//! The desk of the house: its rules, its task, and what its pages are served with.

use super::configuration::DeskSection;
use crate::api::desk::Desk;
use crate::business;
use crate::call::editions::Editions;
use crate::call::reception::Reception;
use crate::call::services::Services;
use crate::cli::Failure;
use crate::desk::{Books, Hub, Rules, Telephones};
use crate::line::sip::server::Server;
use crate::models::data_dir;
use anyhow::Context;
use std::sync::Arc;

/// The desk, and the task that is it.
pub fn open(
    section: &DeskSection,
    services: &Services,
    editions: Arc<Editions>,
    sip: Option<&Arc<Server<Reception>>>,
    reception: &Arc<Reception>,
) -> Result<(Desk, impl Future<Output = ()> + Send + use<>), Failure> {
    let path = section.rules.clone().unwrap_or_else(|| data_dir().join("desk").join("desk.yaml"));
    let text = std::fs::read_to_string(&path).with_context(|| format!("desk.rules: {}", path.display()))?;
    let rules = Rules::parse(&path.display().to_string(), &text).map_err(|faults| {
        let first = faults.first().map(ToString::to_string).unwrap_or_default();
        anyhow::anyhow!("{first} (faults in all: {})", faults.len())
    })?;
    let (clock, orders) = (business::clock::system(), services.work_orders.clone());
    let books = Books { database: services.database.clone(), orders: orders.clone(), clock: clock.clone() };
    let telephones = sip.map(|server| {
        let reception = reception.clone();
        Telephones::over(server.clone(), section.phone_trunk.clone(), move |packets| reception.count(packets))
    });
    let (hub, task) = Hub::new(rules.clone(), books, telephones);
    Ok((Desk { hub, rules: Arc::new(rules), editions, orders, clock }, task))
}
