//! What happens to work orders by itself: who gets them, who is warned, which customers hear that it goes on. Whoever has a clock calls
//! [`WorkOrders::round`] every few seconds; after a time without it nothing is lost and nothing comes twice.

use super::state::State;
use super::wording::{Named, Occasion};
use super::work_order::{CareError, WorkOrders};
use crate::store::{Note, OrderRow, Warning, WarningRow};
use jiff::civil::DateTime;

/// What a round did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Numbers of orders and who has them now.
    pub given: Vec<(String, String)>,
    pub warnings: Vec<WarningRow>,
    /// Orders whose customers were told that it goes on.
    pub told: Vec<String>,
}

/// Orders that a round gives away at most; the rest waits for the next one.
const MOST_GIVEN: u32 = 2_000;

impl WorkOrders {
    /// Does everything that is due by `now`.
    pub async fn round(&self, now: DateTime) -> Result<Round, CareError> {
        let mut round = Round::default();
        self.give_away(now, &mut round).await?;
        for order in self.database.work_orders().to_warn(now).await? {
            round.warnings.extend(self.warn(&order, now).await?);
        }
        for order in self.database.work_orders().to_tell(now).await? {
            self.tell(&order, now).await?;
            round.told.push(order.number);
        }
        Ok(round)
    }

    async fn give_away(&self, now: DateTime, round: &mut Round) -> Result<(), CareError> {
        let orders = self.database.work_orders();
        for from in [State::Reopened, State::Open] {
            for number in orders.in_state(from.name(), MOST_GIVEN).await? {
                let note = Note { at: now, author: "system", text: "", key: None };
                let choose = |order: &OrderRow, loads: &_| self.handbook.rules.choose(order, loads).map(str::to_owned);
                if let Some(taker) = orders.give(&number, from.name(), State::Dispatched.name(), note, choose).await? {
                    round.given.push((number, taker));
                }
            }
        }
        Ok(())
    }

    async fn warn(&self, order: &OrderRow, now: DateTime) -> Result<Vec<WarningRow>, CareError> {
        let due = self.handbook.rules.warnings_by(order, now);
        let warnings: Vec<Warning<'_>> = due.iter().map(|due| Warning { stage: &due.stage, receiver: &due.receiver, at: due.at }).collect();
        let next = self.handbook.rules.next_warning(order.counted_from, order.due, now);
        Ok(self.database.work_orders().warn(order, &warnings, next, now).await?)
    }

    async fn tell(&self, order: &OrderRow, now: DateTime) -> Result<(), CareError> {
        let (_, class) = self.handbook.classes.find_or_call_back(&order.class);
        let named = Named { class, number: &order.number, due: Some(order.due), area: None };
        let text = self.handbook.wording.text(Occasion::Progress, order.lang, named);
        let key = format!("{}/progress/{now}", order.number);
        Ok(self.database.work_orders().tell(order, &key, &text, class.next_progress(now), now).await?)
    }
}
