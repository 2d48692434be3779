-- Sums of the answers to surveys of one kind by the tenant's month (MET-16, MET-17); attributes as of the day of the answer.
WITH answer AS (
    SELECT s.account_id, s.score, s.scale, s.kind, timezone(%(zone)s, s.answered_at)::date AS day
      FROM health_survey s
     WHERE s.kind = %(kind)s AND s.answered_at >= %(first)s AND s.answered_at < %(until)s AND s.known_on <= %(known_on)s
)
SELECT date_trunc('month', s.day)::date AS month, e.value, grouping(e.value) = 1 AS total, count(*) AS count,
       count(*) FILTER (WHERE s.score >= %(promoter)s) AS promoters, count(*) FILTER (WHERE s.score < %(passive)s) AS detractors,
       sum(CASE WHEN s.kind = 'csat' THEN s.score * %(csat_scale)s / s.scale ELSE s.score END) AS points
  FROM answer s
  JOIN explored e ON e.account_id = s.account_id AND s.day >= e.since AND s.day < e.until
 GROUP BY GROUPING SETS ((1), (1, 2));
