-- Who picked up, as far as that is known: human, machine, menu, tone or silence.
ALTER TABLE contact_attempts ADD COLUMN answered_by TEXT;
