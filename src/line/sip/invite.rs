//! The transaction of an INVITE that was received, on a task of its own: the stack's transactions must not be interrupted while they wait.

use super::ToCall;
use rsipstack::sip::{HeadersExt, Method, Response, SipMessage};
use rsipstack::transaction::transaction::{Transaction, TransactionEvent, TransactionEventSender};
use tokio::sync::mpsc::Sender;

/// The call's handle on the transaction.
pub struct Invite {
    pub sequence: u32,
    to_transaction: TransactionEventSender,
}

impl Invite {
    /// Hands the transaction to a task that reports to `inbox`.
    pub fn drive(mut transaction: Transaction, inbox: Sender<ToCall>) -> Invite {
        let sequence = transaction.original.cseq_header().and_then(|field| field.seq()).unwrap_or(0);
        let to_transaction = transaction.tu_sender.clone();
        tokio::spawn(async move {
            while let Some(message) = transaction.receive().await {
                let SipMessage::Request(request) = message else { continue };
                let said = match request.method {
                    Method::Ack => ToCall::Confirmed { sequence, body: request.body },
                    Method::Cancel => ToCall::Cancelled,
                    _ => continue,
                };
                // The call may be over: then the transaction only absorbs what comes late.
                let _ = inbox.send(said).await;
            }
            let _ = inbox.send(ToCall::Over { sequence }).await;
        });
        Invite { sequence, to_transaction }
    }

    pub fn respond(&self, response: Response) {
        // A transaction that is gone has no use for a response.
        let _ = self.to_transaction.send(TransactionEvent::Respond(response));
    }
}
