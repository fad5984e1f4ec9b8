-- What a call under way has come to so far: it stands when its process dies before the end of the call is written down.
ALTER TABLE contact_attempts ADD COLUMN reached TEXT;
ALTER TABLE contact_attempts ADD COLUMN reached_later TEXT;  -- the customer's local time at which he wants to be called
