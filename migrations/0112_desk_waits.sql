-- How each wait for a person ended: what the queue wall counts of a day.
CREATE TABLE desk_waits (
    id       INTEGER PRIMARY KEY,
    call     TEXT NOT NULL,       -- kept when that call is erased
    skills   TEXT NOT NULL,       -- what was waited for, sorted, with blanks between
    arrived  TEXT NOT NULL,
    ended    TEXT NOT NULL,
    waited_s INTEGER NOT NULL,
    came_to  TEXT NOT NULL        -- answered, left, called_back, or why the caller went back to the service
) STRICT;
CREATE INDEX desk_waits_by_time ON desk_waits (ended);
