//! What all calls of a run share, loaded once; each call has a database and an operator of its own.

use super::jobs::rules;
use super::scenario::Scenario;
use crate::business::{Clock, DemoOperator, Faulty, Rule, clock};
use crate::call::conversation::Conversation;
use crate::call::editions::Edition;
use crate::call::services::Services;
use crate::care::{FileOutbox, Handbook, WorkOrders};
use crate::cli::Failure;
use crate::cli::edition::Desk;
use crate::cli::house::handbook;
use crate::dialog::{Flows, Opening};
use crate::store::Database;
use crate::text::PhoneNumber;
use anyhow::Context;
use std::path::Path;
use std::sync::Arc;

/// See the module's text.
pub struct Studio {
    edition: Edition,
    handbook: Arc<Handbook>,
}

impl Studio {
    /// Loads flows, grammars, intents and knowledge of `home`.
    ///
    /// # Errors
    /// One of them has a fault.
    pub fn open(home: &Path) -> Result<Studio, Failure> {
        let (_desk, edition) = Desk::open(home)?;
        Ok(Studio { edition, handbook: Arc::new(handbook(&home.join("care"))?) })
    }

    pub fn flows(&self) -> &Flows {
        self.edition.engine.flows()
    }

    /// A house whose demo operator lives by `clock` and fails by `faults`.
    ///
    /// # Errors
    /// There is no room for a temporary database.
    pub async fn services(&self, clock: Clock, faults: Vec<Rule>) -> Result<Arc<Services>, Failure> {
        let database = Database::temporary().await?;
        let Edition { id, engine, router, grammars } = self.edition.clone();
        Ok(Arc::new(Services {
            edition: id,
            engine,
            router,
            grammars,
            operator: Arc::new(Faulty::new(DemoOperator::new(database.clone(), clock), faults)),
            work_orders: WorkOrders::new(database.clone(), self.handbook.clone()),
            outbox: Arc::new(FileOutbox::beside(&database)),
            records: database.clone(),
            database,
        }))
    }

    /// The call of a scenario before its first word, in a house of its own.
    ///
    /// # Errors
    /// The scenario's caller is no number, or one of its faults is unknown.
    pub async fn begin(&self, name: &str, scenario: &Scenario) -> Result<Conversation, Failure> {
        let services = self.services(clock::walking(scenario.now, scenario.minutes_a_request), rules(&scenario.faults)?).await?;
        let number = scenario.caller.as_deref().map(|number| PhoneNumber::parse(number).with_context(|| format!("no number: {number}")));
        let opening = Opening {
            caller: number.transpose()?,
            lang: scenario.lang,
            now: scenario.now,
            survey: scenario.survey,
            by_keys: false,
            errand: scenario.reminder.as_ref().map(|flow| services.engine.flows().errand(flow, &scenario.with)).transpose()?,
            call_id: name.to_owned(),
        };
        Ok(Conversation::new(services, opening))
    }
}
