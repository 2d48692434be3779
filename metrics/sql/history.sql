-- The dated attributes of accounts, staged for those who join them more than once.
CREATE TEMPORARY TABLE history ON COMMIT DROP AS
SELECT account_id, attribute, value, since, until FROM {attribute_days} d;

ANALYZE history;
