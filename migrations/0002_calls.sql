-- Calls as they happen. A call whose outcome is NULL is under way, or was when its process died.

-- A process that has the database open; it holds a lock on the file <database>.run-<id> as long as it lives.
CREATE TABLE runs (
    id TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE calls (
    id             TEXT PRIMARY KEY,
    run            TEXT REFERENCES runs (id) ON DELETE SET NULL,
    caller         TEXT,              -- reference; NULL when withheld
    caller_shown   TEXT,
    lang           TEXT NOT NULL,
    opened         TEXT NOT NULL,
    closed         TEXT,
    outcome        TEXT CHECK (outcome IN ('completed', 'transferred', 'abandoned', 'failed')),
    outcome_reason TEXT,
    outcome_intent TEXT,
    outcome_slots  TEXT,
    CHECK ((closed IS NULL) = (outcome IS NULL))
) STRICT;
CREATE INDEX calls_of_caller ON calls (caller, opened);
CREATE INDEX calls_by_time ON calls (opened);

-- Milliseconds are those of the call's own clock.
CREATE TABLE turns (
    call         TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    n            INTEGER NOT NULL,
    heard        TEXT NOT NULL,
    confidence   REAL NOT NULL,
    intent       TEXT,
    decision     TEXT NOT NULL,
    slots        TEXT NOT NULL,
    said         TEXT NOT NULL,
    speech_end   INTEGER,
    endpoint     INTEGER,
    text_ready   INTEGER,
    decided      INTEGER,
    first_sample INTEGER,
    PRIMARY KEY (call, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
    id     INTEGER PRIMARY KEY,
    call   TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    at_ms  INTEGER NOT NULL,
    kind   TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;
CREATE INDEX events_of_call ON events (call, id);
