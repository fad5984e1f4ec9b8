-- How far campaigns are, counted as it happens: a page that is looked at every few seconds must not count a million rows.
CREATE TABLE campaign_counts (
    campaign INTEGER NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,
    counted  TEXT NOT NULL CHECK (counted IN ('contacts', 'attempts')),
    name     TEXT NOT NULL,               -- a contact's state; an attempt's outcome, empty while it is under way
    n        INTEGER NOT NULL,
    PRIMARY KEY (campaign, counted, name)
) STRICT, WITHOUT ROWID;

INSERT INTO campaign_counts SELECT campaign, 'contacts', state, count(*) FROM contacts GROUP BY campaign, state;
INSERT INTO campaign_counts
    SELECT c.campaign, 'attempts', coalesce(a.outcome, ''), count(*) FROM contact_attempts a JOIN contacts c ON c.id = a.contact GROUP BY 1, 3;

CREATE TRIGGER contacts_counted AFTER INSERT ON contacts BEGIN
    INSERT INTO campaign_counts VALUES (new.campaign, 'contacts', new.state, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER contacts_counted_again AFTER UPDATE OF state ON contacts WHEN old.state <> new.state BEGIN
    UPDATE campaign_counts SET n = n - 1 WHERE campaign = old.campaign AND counted = 'contacts' AND name = old.state;
    INSERT INTO campaign_counts VALUES (new.campaign, 'contacts', new.state, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER contacts_uncounted AFTER DELETE ON contacts BEGIN
    UPDATE campaign_counts SET n = n - 1 WHERE campaign = old.campaign AND counted = 'contacts' AND name = old.state;
END;
CREATE TRIGGER contact_attempts_counted AFTER INSERT ON contact_attempts BEGIN
    INSERT INTO campaign_counts SELECT campaign, 'attempts', coalesce(new.outcome, ''), 1 FROM contacts WHERE id = new.contact
        ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER contact_attempts_counted_again AFTER UPDATE OF outcome ON contact_attempts WHEN old.outcome IS NOT new.outcome BEGIN
    UPDATE campaign_counts SET n = n - 1
        WHERE campaign = (SELECT campaign FROM contacts WHERE id = old.contact) AND counted = 'attempts' AND name = coalesce(old.outcome, '');
    INSERT INTO campaign_counts SELECT campaign, 'attempts', coalesce(new.outcome, ''), 1 FROM contacts WHERE id = new.contact
        ON CONFLICT DO UPDATE SET n = n + 1;
END;

-- The pace of the last minutes.
CREATE INDEX contact_attempts_began ON contact_attempts (began);
