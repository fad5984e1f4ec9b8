//! What somebody is here for.

/// The roles. What each may do is the table of `api::access`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Speaks with callers and works on orders.
    Agent,
    /// Leads agents: queues, complaints, everything about customers.
    Supervisor,
    /// Writes flows and knowledge and watches calls.
    Operator,
    /// Runs the service and lets people in.
    Admin,
}

impl Role {
    pub const ALL: [Role; 4] = [Role::Agent, Role::Supervisor, Role::Operator, Role::Admin];

    /// As the database and the command line write it.
    pub fn name(self) -> &'static str {
        match self {
            Role::Agent => "agent",
            Role::Supervisor => "supervisor",
            Role::Operator => "operator",
            Role::Admin => "admin",
        }
    }

    pub fn from_name(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }
}

impl std::str::FromStr for Role {
    type Err = String;

    fn from_str(name: &str) -> Result<Role, String> {
        Role::from_name(name).ok_or_else(|| format!("there is no role {name:?}; there are {}", Role::ALL.map(Role::name).join(", ")))
    }
}
