-- Which number customers see; empty: the trunk's own.
ALTER TABLE campaigns ADD COLUMN caller TEXT NOT NULL DEFAULT '';
