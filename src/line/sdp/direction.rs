//! Which way sound flows: both, one, or none on hold (RFC 3264, section 5.1).

/// Which way sound flows, as seen from us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Both,
    /// We speak into somebody's hold.
    SendOnly,
    /// We are on hold and hear music.
    ReceiveOnly,
    Inactive,
}

impl Direction {
    pub(super) const NAMES: [(&str, Direction); 4] = [
        ("sendrecv", Direction::Both),
        ("sendonly", Direction::SendOnly),
        ("recvonly", Direction::ReceiveOnly),
        ("inactive", Direction::Inactive),
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Direction::Both => "sendrecv",
            Direction::SendOnly => "sendonly",
            Direction::ReceiveOnly => "recvonly",
            Direction::Inactive => "inactive",
        }
    }

    /// The same flow from the other side.
    pub(super) fn mirrored(self) -> Direction {
        match self {
            Direction::SendOnly => Direction::ReceiveOnly,
            Direction::ReceiveOnly => Direction::SendOnly,
            other => other,
        }
    }

    pub fn sends(self) -> bool {
        matches!(self, Direction::Both | Direction::SendOnly)
    }
}
