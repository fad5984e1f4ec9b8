-- What callers answered when they were asked for a score; each answer once.

CREATE TABLE survey_answers (
    key      TEXT PRIMARY KEY,
    survey   TEXT NOT NULL,
    call     TEXT NOT NULL,           -- kept when that call is erased
    customer TEXT,                    -- reference; NULL when withheld
    score    TEXT NOT NULL,
    details  TEXT NOT NULL,
    at       TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX survey_answers_by_time ON survey_answers (survey, at);
