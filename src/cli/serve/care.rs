//! What happens to work orders and notices by itself, every few seconds.

use crate::care::{Courier, WorkOrders};
use jiff::Zoned;
use std::time::Duration;

const EVERY: Duration = Duration::from_secs(5);

/// Gives work orders to who may take them, warns, and carries notices on, until `end`.
pub async fn rounds(orders: WorkOrders, courier: Courier, end: impl Future<Output = ()>) {
    let mut times = tokio::time::interval(EVERY);
    times.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    tokio::pin!(end);
    loop {
        tokio::select! {
            _ = times.tick() => {}
            () = &mut end => return,
        }
        let now = Zoned::now().datetime();
        match orders.round(now).await {
            Ok(round) => {
                for warning in round.warnings {
                    tracing::warn!(order = warning.number, stage = warning.stage, receiver = warning.receiver, "a work order takes long");
                }
            }
            Err(error) => tracing::error!(%error, "work orders could not be seen to; they are at the next round"),
        }
        if let Err(error) = courier.carry(now).await {
            tracing::error!(%error, "notices could not be carried on; they are at the next round");
        }
    }
}
