//! The names of what callers want. They are stable: flows, tests and measurements use them.

macro_rules! intents {
    ($($variant:ident = $name:literal),* $(,)?) => {
        /// What a caller wants; see `flows/` for the sentences behind each.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Intent { $($variant),* }

        impl Intent {
            pub const ALL: &'static [Intent] = &[$(Intent::$variant),*];

            pub fn name(self) -> &'static str {
                match self { $(Intent::$variant => $name),* }
            }

            pub fn from_name(name: &str) -> Option<Intent> {
                match name { $($name => Some(Intent::$variant),)* _ => None }
            }
        }
    };
}

intents! {
    QueryBalance = "query_balance", QueryBill = "query_bill", QueryDataUsage = "query_data_usage", QueryPlan = "query_plan",
    QueryOwnNumber = "query_own_number", QueryPoints = "query_points", QueryRechargeRecord = "query_recharge_record",
    Recharge = "recharge", ChangePlan = "change_plan", BuyData = "buy_data", CancelService = "cancel_service", Roaming = "roaming",
    Password = "password", Invoice = "invoice", ReportLoss = "report_loss", ReplaceSim = "replace_sim",
    BroadbandFault = "broadband_fault", NetworkFault = "network_fault", Complaint = "complaint", Suggestion = "suggestion",
    TicketProgress = "ticket_progress", Outage = "outage", CloseAccount = "close_account", Faq = "faq",
    TransferAgent = "transfer_agent", Help = "help", Repeat = "repeat", Back = "back", Menu = "menu", Affirm = "affirm", Deny = "deny",
    Thanks = "thanks", Greeting = "greeting", Goodbye = "goodbye", OutOfScope = "out_of_scope",
}

impl Intent {
    /// It moves about in the conversation and asks for nothing of the operator's.
    pub fn steers(self) -> bool {
        matches!(self, Intent::Help | Intent::Repeat | Intent::Back | Intent::Menu | Intent::Goodbye)
    }

    /// It answers rather than asks for something.
    pub fn answers(self) -> bool {
        matches!(self, Intent::Affirm | Intent::Deny | Intent::Thanks | Intent::Greeting | Intent::OutOfScope)
    }
}

impl std::fmt::Display for Intent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
