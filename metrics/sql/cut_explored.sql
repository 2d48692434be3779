-- The accounts that a question counts, under the value that it cuts them by and the days on which they had it.
CREATE TEMPORARY TABLE explored ON COMMIT DROP AS
SELECT h.account_id, coalesce(s.name, m.name, h.value) AS value, greatest(h.since, w.since) AS since,
       least(h.until, w.until) AS until
  FROM history h
  JOIN allowed w ON w.account_id = h.account_id AND greatest(h.since, w.since) < least(h.until, w.until)
  LEFT JOIN accounts_segment s ON h.attribute = 'segment' AND s.id::text = h.value
  LEFT JOIN accounts_member m ON h.attribute = 'owner' AND m.id::text = h.value
 WHERE h.attribute = %(cut)s;

CREATE INDEX ON explored (account_id);
ANALYZE explored;
