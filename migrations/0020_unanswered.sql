-- Questions of callers that the knowledge base could not answer, each once, for whoever edits it.

CREATE TABLE unanswered_questions (
    lang      TEXT NOT NULL,
    key       TEXT NOT NULL,          -- letters and digits of the question: what makes two the same
    question  TEXT NOT NULL,          -- as it was said last, masked
    times     INTEGER NOT NULL,
    first_day TEXT NOT NULL,
    last_day  TEXT NOT NULL,
    last_call TEXT NOT NULL,          -- kept when that call is erased
    PRIMARY KEY (lang, key)
) STRICT, WITHOUT ROWID;
