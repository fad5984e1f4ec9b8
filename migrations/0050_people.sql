-- People who sign in, what their browsers keep, and attempts to sign in.

CREATE TABLE users (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    name     TEXT NOT NULL UNIQUE,    -- what one signs in with
    shown    TEXT NOT NULL,           -- what others see
    role     TEXT NOT NULL,
    skills   TEXT NOT NULL,           -- words with a blank between them
    lang     TEXT NOT NULL,
    password TEXT NOT NULL,           -- a PHC string of argon2id
    disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
    created  TEXT NOT NULL
) STRICT;

CREATE TABLE sessions (
    digest  BLOB PRIMARY KEY,         -- SHA-256 of what the browser keeps
    user    INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    opened  TEXT NOT NULL,
    seen    TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_of_user ON sessions (user);

-- For limits; rows go when they are too old to count.
CREATE TABLE sign_ins (
    id      INTEGER PRIMARY KEY,
    name    BLOB NOT NULL,            -- SHA-256: people type passwords into the wrong field
    address TEXT NOT NULL,
    at      TEXT NOT NULL,
    passed  INTEGER NOT NULL CHECK (passed IN (0, 1))
) STRICT;
CREATE INDEX sign_ins_by_name ON sign_ins (name, at);
CREATE INDEX sign_ins_by_address ON sign_ins (address, at);
