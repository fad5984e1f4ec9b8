-- Work orders are followed to their end: who has them, when somebody is warned, what was said again, what hangs together.

ALTER TABLE work_orders ADD COLUMN kind TEXT NOT NULL DEFAULT '';      -- the sub-class; empty when nothing tells it
ALTER TABLE work_orders ADD COLUMN area TEXT;
ALTER TABLE work_orders ADD COLUMN level TEXT;                         -- the customer's, as the operator names it
ALTER TABLE work_orders ADD COLUMN lang TEXT NOT NULL DEFAULT 'zh';
ALTER TABLE work_orders ADD COLUMN taker TEXT;                         -- who has it; NULL when nobody does
ALTER TABLE work_orders ADD COLUMN waiting INTEGER NOT NULL DEFAULT 1; -- 1 while the customer waits for something
ALTER TABLE work_orders ADD COLUMN counted_from TEXT NOT NULL DEFAULT ''; -- from when the due time counts: opened, or opened again
ALTER TABLE work_orders ADD COLUMN next_warning TEXT;                  -- NULL when no warning is left
ALTER TABLE work_orders ADD COLUMN next_progress TEXT;                 -- when the customer hears that it is still worked on
ALTER TABLE work_orders ADD COLUMN incident INTEGER REFERENCES incidents (id);
ALTER TABLE work_orders ADD COLUMN customer_sealed BLOB;               -- the whole number, sealed (see store::sealed_phone)
UPDATE work_orders SET counted_from = created, waiting = (state NOT IN ('done', 'closed'));
UPDATE work_orders SET next_warning = due WHERE waiting = 1;
CREATE INDEX work_orders_by_warning ON work_orders (next_warning) WHERE next_warning IS NOT NULL;
CREATE INDEX work_orders_by_progress ON work_orders (next_progress) WHERE next_progress IS NOT NULL;
CREATE INDEX work_orders_by_taker ON work_orders (taker, waiting);
CREATE INDEX work_orders_by_place ON work_orders (class, area, created);
CREATE INDEX work_orders_by_state ON work_orders (state, created);

-- A key makes a step happen once.
ALTER TABLE work_order_history ADD COLUMN key TEXT;
CREATE UNIQUE INDEX work_order_history_keys ON work_order_history (key) WHERE key IS NOT NULL;

-- The same thing reported again is taken into the order that is there.
CREATE TABLE work_order_repeats (
    key    TEXT PRIMARY KEY,
    number TEXT NOT NULL REFERENCES work_orders (number) ON DELETE CASCADE,
    call   TEXT,
    at     TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX work_order_repeats_of ON work_order_repeats (number);

-- What belongs to an order: calls (their transcript and recording are found by the id), files.
CREATE TABLE work_order_attachments (
    number    TEXT NOT NULL REFERENCES work_orders (number) ON DELETE CASCADE,
    kind      TEXT NOT NULL CHECK (kind IN ('call', 'file')),
    reference TEXT NOT NULL,
    at        TEXT NOT NULL,
    PRIMARY KEY (number, kind, reference)
) STRICT, WITHOUT ROWID;

-- Who was warned of what, each once for each due time.
CREATE TABLE work_order_warnings (
    number       TEXT NOT NULL REFERENCES work_orders (number) ON DELETE CASCADE,
    counted_from TEXT NOT NULL,
    stage        TEXT NOT NULL,
    receiver     TEXT NOT NULL,
    at           TEXT NOT NULL,       -- the moment it was due
    raised       TEXT NOT NULL,       -- the moment it was raised: later when the service was down
    PRIMARY KEY (number, counted_from, stage)
) STRICT, WITHOUT ROWID;
CREATE INDEX work_order_warnings_of ON work_order_warnings (receiver, at);

-- Many faults of one area.
CREATE TABLE incidents (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    class    TEXT NOT NULL,
    area     TEXT NOT NULL,
    opened   TEXT NOT NULL,
    ends     TEXT,                    -- when it should be over, once somebody knows
    resolved TEXT
) STRICT;
CREATE UNIQUE INDEX incidents_open ON incidents (class, area) WHERE resolved IS NULL;

-- What is to be written to customers, kept in the same transaction as what makes it necessary.
CREATE TABLE notices (
    id              INTEGER PRIMARY KEY,
    key             TEXT NOT NULL UNIQUE,
    customer        TEXT NOT NULL,
    customer_shown  TEXT NOT NULL,
    customer_sealed BLOB NOT NULL,
    about           TEXT NOT NULL,    -- a work order, or incident/N
    text            TEXT NOT NULL,
    created         TEXT NOT NULL,
    attempts        INTEGER NOT NULL DEFAULT 0,
    next_try        TEXT,             -- NULL once it is settled
    sent            TEXT,
    failure         TEXT              -- why the last attempt failed
) STRICT;
CREATE INDEX notices_by_try ON notices (next_try) WHERE next_try IS NOT NULL;
CREATE INDEX notices_of_customer ON notices (customer, created);

-- How a customer wants to be written to; text messages without a row.
CREATE TABLE contact_channels (
    customer TEXT PRIMARY KEY,
    channel  TEXT NOT NULL CHECK (channel IN ('text', 'mail', 'none'))
) STRICT, WITHOUT ROWID;

-- Calls that were promised to customers.
CREATE TABLE call_backs (
    id              INTEGER PRIMARY KEY,
    key             TEXT NOT NULL UNIQUE,
    customer        TEXT NOT NULL,
    customer_shown  TEXT NOT NULL,
    customer_sealed BLOB NOT NULL,
    reason          TEXT NOT NULL CHECK (reason IN ('result', 'queue')),
    about           TEXT NOT NULL,    -- a work order or a call
    lang            TEXT NOT NULL,
    created         TEXT NOT NULL,
    made            TEXT
) STRICT;
CREATE INDEX call_backs_waiting ON call_backs (created) WHERE made IS NULL;
