//! What cannot be settled in the call and is followed to its end: work orders.
