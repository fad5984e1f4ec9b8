//! The database: SQLite; one repository per aggregate. No business rules, no clock: who calls says what time it is.
//!
//! Start at [`Database`]. Rows are mapped by hand; no type of another module decides the shape of a table. Telephone numbers
//! become references ([`StoredPhone`]), free text is masked, and values go through [`value_json`].

pub mod attempts;
pub mod call_backs;
pub mod call_record;
pub mod calls;
pub mod campaigns;
pub mod changes;
pub mod contact_attempts;
pub mod contact_imports;
pub mod contacts;
pub mod database;
pub mod desk_waits;
pub mod dialing;
pub mod do_not_call;
pub mod incidents;
pub mod moment;
pub mod notices;
mod runs;
mod sealed_phone;
pub mod sessions;
pub mod stored_phone;
pub mod surveys;
pub mod test_calls;
mod together;
pub mod told_events;
pub mod triggered;
pub mod unanswered;
pub mod users;
pub mod value_json;
pub mod work_orders;

pub use attempts::{Attempt, Attempts};
pub use call_backs::{CallBack, CallBackReason, CallBacks};
pub use call_record::{CallEvent, CallOutcome, CallRecord, Ending, NewCall, Turn, Waterfall};
pub use calls::{Calls, FoundCall, SoughtCalls};
pub use campaigns::{CampaignRow, Campaigns, NewCampaign, Once, Progress, Signed, StepRow};
pub use changes::{Applied, Change, Changed, Changes};
pub use contact_attempts::{Begun, Checks, ContactAttempts, Ended, Found, Lost, Reached};
pub use contact_imports::{ContactImports, ImportPart, ImportRow};
pub use contacts::{AttemptRow, ContactRow, Contacts, NewContact, SoughtContacts};
pub use database::{Database, StoreError};
pub use desk_waits::{DeskWait, DeskWaits, WaitFigures};
pub use dialing::Dialing;
pub use do_not_call::{DoNotCall, Refusal, RefusalRow};
pub use incidents::{Incident, Incidents};
pub use notices::{Channel, KeptNotice, Notices};
pub use sessions::{Failures, SessionRow, Sessions};
pub use stored_phone::StoredPhone;
pub use surveys::{AnswerRow, NewAnswer, Surveys};
pub use test_calls::{NewTestCall, TestCallRow, TestCalls, TestHindrance};
pub use told_events::{NewTold, ToldEvents, ToldRow};
pub use triggered::{Occasion, Triggered, TriggeredCalls};
pub use unanswered::{Unanswered, UnansweredQuestion};
pub use users::{NewUser, UserRow, Users};
pub use work_orders::{
    Attachment, HistoryRow, Kept, Listed, Load, Merge, Moved, NewOrder, Note, OrderRow, Reckoning, Sought, Step, Taker, Threshold, Warning,
    WarningRow, WorkOrders,
};

use crate::text::Lang;

/// A language as a column has it.
fn read_lang(code: String) -> Result<Lang, StoreError> {
    let known = [Lang::Zh, Lang::En].into_iter().find(|lang| lang.code() == code);
    known.ok_or_else(|| StoreError::Damaged(format!("a language {code}")))
}
