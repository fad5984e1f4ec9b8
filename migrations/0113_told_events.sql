-- Events that other systems told, and what came of each by each rule: for people to look at, the newest so many.
CREATE TABLE told_events (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    at             INTEGER NOT NULL,
    event          TEXT NOT NULL,
    customer       TEXT NOT NULL,
    customer_shown TEXT NOT NULL,
    campaign       TEXT NOT NULL,  -- its name; empty: no rule is about this event
    occasion       TEXT NOT NULL,
    became         TEXT NOT NULL
) STRICT;
CREATE INDEX told_events_by_what_became ON told_events (became, id);
