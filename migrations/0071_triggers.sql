-- Events of the operator's systems that lead to calls, each once.

-- Campaigns that rules name run on when nobody is left to call.
CREATE TABLE standing_campaigns (
    name TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE triggered (
    rule     TEXT NOT NULL,          -- event and campaign
    customer TEXT NOT NULL,
    occasion TEXT NOT NULL,          -- a bill, a month, an order: one call for each
    at       INTEGER NOT NULL,
    contact  INTEGER NOT NULL,
    PRIMARY KEY (rule, customer, occasion)
) STRICT, WITHOUT ROWID;
CREATE INDEX triggered_lately ON triggered (customer, rule, at);

ALTER TABLE contacts ADD COLUMN called_before INTEGER NOT NULL DEFAULT 0; -- attempts of occasions before this one
