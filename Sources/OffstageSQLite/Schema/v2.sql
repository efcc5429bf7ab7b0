-- From schema 1 to 2: with how many crashes a job became a suspect; null if it is none. In schema 1 that was always two.
-- Read only where crashes is not null, since it stands behind what can be large.
ALTER TABLE jobs ADD COLUMN suspected_at INTEGER;
UPDATE jobs SET suspected_at = 2 WHERE crashes >= 2;
