-- The next (account, day) pairs whose roll-ups are out of date: the latest days first, so that a long history that is
-- being loaded does not keep yesterday waiting.
CREATE TEMPORARY TABLE usage_piece ON COMMIT DROP AS
SELECT DISTINCT day, account_id
  FROM health_usagetouched
 WHERE tenant_id = %(tenant)s
 ORDER BY day DESC, account_id DESC
 LIMIT %(pairs)s
