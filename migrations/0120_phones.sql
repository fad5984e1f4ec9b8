-- The SIP address of the telephone that somebody speaks on at the desk; empty: the browser.
ALTER TABLE users ADD COLUMN phone TEXT NOT NULL DEFAULT '';
