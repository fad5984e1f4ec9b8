-- Promised calls are made by contacts of campaigns.
ALTER TABLE call_backs ADD COLUMN contact INTEGER REFERENCES contacts (id) ON DELETE SET NULL;  -- who waits for it, or waited
ALTER TABLE call_backs ADD COLUMN outcome TEXT;  -- of the contact, once the call was made
CREATE INDEX call_backs_of_contact ON call_backs (contact) WHERE contact IS NOT NULL;
CREATE INDEX call_backs_of_customer ON call_backs (customer) WHERE made IS NULL;
