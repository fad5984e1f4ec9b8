-- Who had an order settled is called and asked for a score; answers name the order that they are about.
CREATE TABLE promised (
    id              INTEGER PRIMARY KEY,
    key             TEXT NOT NULL UNIQUE,
    customer        TEXT NOT NULL,
    customer_shown  TEXT NOT NULL,
    customer_sealed BLOB NOT NULL,
    reason          TEXT NOT NULL CHECK (reason IN ('result', 'queue', 'survey')),
    about           TEXT NOT NULL,    -- a work order or a call
    lang            TEXT NOT NULL,
    created         TEXT NOT NULL,
    made            TEXT,
    contact         INTEGER REFERENCES contacts (id) ON DELETE SET NULL,  -- who waits for it, or waited
    outcome         TEXT              -- of the contact, once the call was made; withdrawn, answered: it was not needed any more
) STRICT;
INSERT INTO promised SELECT id, key, customer, customer_shown, customer_sealed, reason, about, lang, created, made, contact, outcome FROM call_backs;
DROP TABLE call_backs;
ALTER TABLE promised RENAME TO call_backs;
CREATE INDEX call_backs_waiting ON call_backs (created) WHERE made IS NULL;
CREATE INDEX call_backs_of_contact ON call_backs (contact) WHERE contact IS NOT NULL;
CREATE INDEX call_backs_of_customer ON call_backs (customer) WHERE made IS NULL;
CREATE INDEX call_backs_about ON call_backs (about) WHERE made IS NULL;
CREATE INDEX call_backs_for_scores ON call_backs (customer, created) WHERE reason = 'survey';

ALTER TABLE survey_answers ADD COLUMN about TEXT;  -- a work order; NULL for an answer about a call
UPDATE survey_answers SET about = json_extract(details, '$.number.code'), details = json_remove(details, '$.number')
    WHERE json_extract(details, '$.number.code') IS NOT NULL;
CREATE INDEX survey_answers_about ON survey_answers (about, at) WHERE about IS NOT NULL;
