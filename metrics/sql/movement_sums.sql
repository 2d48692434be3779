-- What moved: the asked lines by month, kind, reason and ownership.
SELECT l.month, l.kind, l.reason, l.owned, sum(l.amount)::bigint AS amount, count(*) AS lines,
       count(DISTINCT l.account_id) AS accounts
  FROM {asked} l
 GROUP BY l.month, l.kind, l.reason, l.owned
 ORDER BY l.month, l.kind, l.reason, l.owned;
