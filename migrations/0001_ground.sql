-- What every other table leans on, and the changes made to customers' accounts.
-- Moments are the operator's local time as YYYY-MM-DDTHH:MM:SS.mmm: they sort as text.

-- One row: the secret under which telephone numbers become references (see store::stored_phone).
CREATE TABLE secret (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    bytes BLOB NOT NULL CHECK (length(bytes) = 32)
) STRICT;
INSERT INTO secret (id, bytes) VALUES (1, randomblob(32));

-- Everything that was changed, once a key. Replies hold no personal data.
CREATE TABLE changes (
    id        INTEGER PRIMARY KEY,
    key       TEXT NOT NULL UNIQUE,
    customer  TEXT NOT NULL,
    operation TEXT NOT NULL,
    arguments TEXT NOT NULL,
    reply     TEXT NOT NULL,
    at        TEXT NOT NULL
) STRICT;
CREATE INDEX changes_of_customer ON changes (customer, id);

-- Attempts to prove who one is, for limits that hold across calls. What was said is never here.
CREATE TABLE verification_attempts (
    id       INTEGER PRIMARY KEY,
    customer TEXT NOT NULL,
    at       TEXT NOT NULL,
    passed   INTEGER NOT NULL CHECK (passed IN (0, 1))
) STRICT;
CREATE INDEX verification_attempts_of_customer ON verification_attempts (customer, id);
