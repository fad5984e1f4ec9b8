-- Which version of flows, grammars and example sentences a call ran with; empty for calls before this was kept.
ALTER TABLE calls ADD COLUMN edition TEXT NOT NULL DEFAULT '';
