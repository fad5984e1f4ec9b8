-- Calls that go out. Moments are milliseconds since 1970 in UTC: customers live in several time zones.

CREATE TABLE campaigns (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    name          TEXT NOT NULL UNIQUE,
    flow          TEXT NOT NULL,
    lang          TEXT NOT NULL,
    state         TEXT NOT NULL,
    trunk         TEXT NOT NULL,          -- empty: the first one
    week          TEXT NOT NULL,          -- seven spans from Monday, - is none; empty: the calendar's alone
    per_minute    INTEGER NOT NULL,
    concurrent    INTEGER NOT NULL,
    most_attempts INTEGER NOT NULL,
    needs_consent INTEGER NOT NULL,
    starts        INTEGER,                -- of a scheduled campaign
    created       INTEGER NOT NULL
) STRICT;

CREATE TABLE contacts (
    id              INTEGER PRIMARY KEY,
    campaign        INTEGER NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,
    line            INTEGER NOT NULL,     -- of the file it came with
    customer        TEXT NOT NULL,
    customer_shown  TEXT NOT NULL,
    customer_sealed BLOB NOT NULL,
    region          TEXT NOT NULL,        -- empty: where no region is named
    lang            TEXT,
    variables       TEXT NOT NULL,        -- JSON: name to text
    state           TEXT NOT NULL CHECK (state IN ('waiting', 'dialling', 'done', 'given_up', 'stopped')),
    outcome         TEXT,                 -- of the last attempt, or why there will be none
    attempts        INTEGER NOT NULL DEFAULT 0,
    next            INTEGER NOT NULL,     -- not before this moment
    UNIQUE (campaign, customer)
) STRICT;
CREATE INDEX contacts_waiting ON contacts (campaign, region, next) WHERE state = 'waiting';
CREATE INDEX contacts_dialling ON contacts (campaign) WHERE state = 'dialling';

-- A row is written before anything is dialled, and never dialled again.
CREATE TABLE contact_attempts (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    contact  INTEGER NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    nth      INTEGER NOT NULL,
    customer TEXT NOT NULL,
    run      TEXT NOT NULL,               -- the process that dials it holds the lock of this run
    began    INTEGER NOT NULL,
    ended    INTEGER,
    outcome  TEXT,
    UNIQUE (contact, nth)
) STRICT;
CREATE INDEX contact_attempts_of_customer ON contact_attempts (customer, began);
CREATE INDEX contact_attempts_open ON contact_attempts (run) WHERE ended IS NULL;

CREATE TABLE do_not_call (
    customer       TEXT NOT NULL,
    campaign       INTEGER NOT NULL,      -- 0: every campaign
    customer_shown TEXT NOT NULL,
    reason         TEXT NOT NULL,         -- who said so: operator, spoken
    at             INTEGER NOT NULL,
    PRIMARY KEY (customer, campaign)
) STRICT, WITHOUT ROWID;

CREATE TABLE consents (
    customer TEXT PRIMARY KEY,
    proof    TEXT NOT NULL,               -- a form, a recording, a contract
    given    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
