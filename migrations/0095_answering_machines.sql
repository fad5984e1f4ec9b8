-- What a campaign does when a machine answers: message, retry or done.
ALTER TABLE campaigns ADD COLUMN on_machine TEXT NOT NULL DEFAULT 'message' CHECK (on_machine IN ('message', 'retry', 'done'));
