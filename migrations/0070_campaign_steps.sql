-- What people and systems did with campaigns, their lists, and the list of who must not be called.

CREATE TABLE campaign_steps (
    id       INTEGER PRIMARY KEY,
    campaign INTEGER NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,
    at       INTEGER NOT NULL,
    author   TEXT NOT NULL,
    step     TEXT NOT NULL,          -- created, changed, scheduled, started, paused, cancelled, finished
    asked    TEXT NOT NULL,          -- what the key was used for
    key      TEXT UNIQUE             -- the same is done once; NULL: without one
) STRICT;
CREATE INDEX campaign_steps_of ON campaign_steps (campaign, id);

CREATE TABLE contact_imports (
    id       INTEGER PRIMARY KEY,
    campaign INTEGER NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,
    at       INTEGER NOT NULL,
    author   TEXT NOT NULL,
    key      TEXT NOT NULL UNIQUE,
    asked    TEXT NOT NULL,
    added    INTEGER NOT NULL DEFAULT 0,
    repeated INTEGER NOT NULL DEFAULT 0,
    faulty   INTEGER NOT NULL DEFAULT 0,
    ended    INTEGER                 -- NULL: under way, or its process died; the same key goes on
) STRICT;
CREATE INDEX contact_imports_of ON contact_imports (campaign, id);

-- Rows that were not taken; numbers in them are masked.
CREATE TABLE import_faults (
    import  INTEGER NOT NULL REFERENCES contact_imports (id) ON DELETE CASCADE,
    line    INTEGER NOT NULL,
    kind    TEXT NOT NULL,
    subject TEXT NOT NULL,
    PRIMARY KEY (import, line)
) STRICT, WITHOUT ROWID;

CREATE TABLE do_not_call_log (
    id             INTEGER PRIMARY KEY,
    customer       TEXT NOT NULL,
    customer_shown TEXT NOT NULL,
    campaign       INTEGER NOT NULL, -- 0: every campaign
    at             INTEGER NOT NULL,
    author         TEXT NOT NULL,
    is_added       INTEGER NOT NULL,
    reason         TEXT NOT NULL
) STRICT;
CREATE INDEX do_not_call_log_of ON do_not_call_log (customer, id);
