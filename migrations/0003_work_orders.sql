-- Work orders and what became of them.

CREATE TABLE order_numbers (
    day  TEXT PRIMARY KEY,            -- yymmdd
    last INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE work_orders (
    number         TEXT PRIMARY KEY,
    key            TEXT NOT NULL UNIQUE,
    class          TEXT NOT NULL,
    priority       TEXT NOT NULL,
    customer       TEXT,              -- reference; NULL when withheld
    customer_shown TEXT,
    call           TEXT,              -- the call that opened it; kept when that call is erased
    state          TEXT NOT NULL,
    text           TEXT NOT NULL,
    details        TEXT NOT NULL,
    created        TEXT NOT NULL,
    due            TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX work_orders_of_customer ON work_orders (customer, created);
CREATE INDEX work_orders_by_due ON work_orders (due);

CREATE TABLE work_order_history (
    id     INTEGER PRIMARY KEY,
    number TEXT NOT NULL REFERENCES work_orders (number) ON DELETE CASCADE,
    at     TEXT NOT NULL,
    author TEXT NOT NULL,
    state  TEXT,                      -- the state it went to; NULL for a comment
    text   TEXT NOT NULL
) STRICT;
CREATE INDEX work_order_history_of ON work_order_history (number, id);
