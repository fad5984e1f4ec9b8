//! What stations and the queue wall are shown, whenever that changes; and how each wait ended, for the figures of a day.

use super::phones::Phone;
use super::post::Post;
use crate::call::recording::Kept;
use crate::desk::engine::{Agent, Status};
use crate::desk::queue::{AgentId, CallerId};
use crate::desk::station::{Colleague, Doing, Queued, ToAgent, View};
use crate::desk::wall::{AtDesk, Board, InQueue};
use crate::store::DeskWait;
use jiff::civil::DateTime;
use std::collections::BTreeSet;
use std::sync::Arc;

impl Post {
    /// Tells each station how things stand, and the wall, when that has changed.
    pub(super) fn show_views(&mut self) {
        let now = self.now();
        let queue: Vec<Queued> = self
            .engine
            .queue(now)
            .into_iter()
            .map(|(caller, waiting)| Queued {
                caller: caller.clone(),
                since: waiting.since,
                level: waiting.want.level.clone(),
                skills: waiting.want.needed.union(&waiting.want.wished).cloned().collect::<BTreeSet<_>>(),
            })
            .collect();
        let colleague = |(id, agent): (&AgentId, &Agent)| {
            let station = self.stations.get(id)?;
            let (doing, since, caller) = doing(agent);
            let (shown, interrupted) = (station.person.shown.clone(), station.line.is_none());
            Some(Colleague { id: id.clone(), shown, doing, since, caller, interrupted })
        };
        let agents: Vec<Colleague> = self.engine.agents().filter_map(colleague).collect();
        self.show_board(&queue, &agents);
        for (id, station) in &mut self.stations {
            let Some(own) = agents.iter().find(|colleague| colleague.id == *id).filter(|_| station.line.is_some()) else { continue };
            let view = View {
                doing: own.doing,
                since: own.since,
                caller: own.caller.clone(),
                held: station.is_holding(),
                kept: own.caller.as_ref().and_then(|caller| self.callers.get(caller)).map_or(Kept::Not, |caller| caller.case.kept),
                phone: station.phone.as_ref().map(Phone::state),
                hands_on: own.caller.as_ref().and_then(|caller| self.handed_on.get(caller)).map(|to| to.name().to_owned()),
                beside: station.beside.as_ref().map(|(caller, _, role)| (caller.clone(), *role)),
                queue: queue.clone(),
                agents: agents.clone(),
            };
            if station.shown.as_deref() != Some(&view) {
                let view = Arc::new(view);
                station.shown = Some(view.clone());
                station.tell(ToAgent::View(view));
            }
        }
    }

    fn show_board(&self, queue: &[Queued], agents: &[Colleague]) {
        let in_queue = |queued: &Queued| InQueue {
            caller: self.callers.get(&queued.caller).and_then(|caller| caller.case.caller.as_ref()).map(ToString::to_string),
            since: queued.since,
            level: queued.level.clone(),
            skills: queued.skills.clone(),
        };
        let skills =
            |id: &AgentId| self.engine.agents().find(|(own, _)| *own == id).map(|(_, agent)| (agent.skills.clone(), agent.state_since));
        let at_desk = |colleague: &Colleague| {
            let (skills, since) = skills(&colleague.id)?;
            let Colleague { shown, doing, interrupted, .. } = colleague.clone();
            Some(AtDesk { shown, doing, since, interrupted, skills })
        };
        let board = Board { queue: queue.iter().map(in_queue).collect(), agents: agents.iter().filter_map(at_desk).collect() };
        self.board.send_if_modified(|shown| {
            let is_new = **shown != board;
            if is_new {
                *shown = Arc::new(board);
            }
            is_new
        });
    }

    /// The wait of a caller is over, the first time that this is said of it; a line that broke later is another matter.
    pub(super) fn waited(&mut self, id: &CallerId, came_to: &'static str) {
        let ended = self.now();
        let Some((arrived, skills)) = self.callers.get_mut(id).and_then(|caller| caller.waits.take()) else { return };
        let wait = DeskWait { call: id.0.clone(), skills, arrived, ended, came_to };
        let database = self.books.database.clone();
        tokio::spawn(async move {
            if let Err(error) = database.desk_waits().keep(&wait).await {
                tracing::error!(call = wait.call, %error, "how long a caller waited could not be kept");
            }
        });
    }
}

fn doing(agent: &Agent) -> (Doing, DateTime, Option<CallerId>) {
    match &agent.status {
        Status::Away => (Doing::Away, agent.state_since, None),
        Status::Ready => (Doing::Ready, agent.idle_since, None),
        Status::Ringing { caller, since, .. } => (Doing::Ringing, *since, Some(caller.clone())),
        Status::Talking { caller, since, .. } => (Doing::Talking, *since, Some(caller.clone())),
        Status::WrapUp { until } => (Doing::WrapUp, *until, None),
    }
}
