-- Which processes dial the campaigns of this database, and over what.
CREATE TABLE dialing (
    run   TEXT PRIMARY KEY,             -- the process holds the lock of this run
    trunk TEXT NOT NULL                 -- names, with commas between them
) STRICT, WITHOUT ROWID;
