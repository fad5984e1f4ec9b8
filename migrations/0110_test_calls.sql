-- Calls of a campaign to a telephone of the house, before customers are called: in no figure of the campaign.
CREATE TABLE test_calls (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    campaign       INTEGER NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,
    customer       TEXT NOT NULL,
    customer_shown TEXT NOT NULL,
    lang           TEXT NOT NULL,
    author         TEXT NOT NULL,
    asked          TEXT NOT NULL,          -- what the key was used for
    key            TEXT UNIQUE,            -- the same is done once; NULL: without one
    run            TEXT NOT NULL,          -- the process that dials it holds the lock of this run
    began          INTEGER NOT NULL,
    ended          INTEGER,
    outcome        TEXT,
    call           TEXT                    -- its record, once it was answered and is over
) STRICT;
CREATE INDEX test_calls_of ON test_calls (campaign, id);
CREATE INDEX test_calls_to ON test_calls (customer, began);
CREATE INDEX test_calls_open ON test_calls (run) WHERE ended IS NULL;

ALTER TABLE calls ADD COLUMN is_test INTEGER NOT NULL DEFAULT 0;  -- a test call: nothing of it counts
