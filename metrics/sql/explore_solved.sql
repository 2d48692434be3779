-- Tickets by the tenant's month in which they were solved (MET-22); attributes as of that day.
WITH solved AS (
    SELECT t.account_id, timezone(%(zone)s, t.resolved_at)::date AS day
      FROM health_ticket t
     WHERE t.resolved_at >= %(first)s AND t.resolved_at < %(until)s
)
SELECT date_trunc('month', t.day)::date AS month, e.value, grouping(e.value) = 1 AS total, count(*) AS held,
       count(DISTINCT t.account_id) AS accounts
  FROM solved t
  JOIN explored e ON e.account_id = t.account_id AND t.day >= e.since AND t.day < e.until
 GROUP BY GROUPING SETS ((1), (1, 2));
