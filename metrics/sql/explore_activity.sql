-- Activities that took place, by the tenant's month (MET-22); attributes as of their day.
WITH held AS (
    SELECT t.account_id, timezone(%(zone)s, t.happened_at)::date AS day
      FROM health_touchpoint t
     WHERE t.kind = ANY (%(kinds)s) AND t.status = 'attended'
       AND t.happened_at >= %(first)s AND t.happened_at < %(until)s
)
SELECT date_trunc('month', t.day)::date AS month, e.value, grouping(e.value) = 1 AS total, count(*) AS held,
       count(DISTINCT t.account_id) AS accounts
  FROM held t
  JOIN explored e ON e.account_id = t.account_id AND t.day >= e.since AND t.day < e.until
 GROUP BY GROUPING SETS ((1), (1, 2));
