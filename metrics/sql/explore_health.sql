-- Paying customers by health band at the last scored day of each month (HLT-04); the bands Yellow and Red are at risk (E14).
WITH day AS (
    SELECT m.month::date AS month, d.day
      FROM unnest(%(months)s::date[]) m (month)
     CROSS JOIN LATERAL (SELECT max(h.as_of) AS day FROM health_healthscore h
                          WHERE h.as_of >= m.month AND h.as_of < m.month + interval '1 month') d
     WHERE d.day IS NOT NULL
)
SELECT d.month, e.value, grouping(e.value) = 1 AS total, count(*) AS scored,
       count(*) FILTER (WHERE h.band = 'green') AS green, count(*) FILTER (WHERE h.band = 'red') AS red,
       sum(h.score) AS points, coalesce(sum(a.mrr) FILTER (WHERE h.band IN ('yellow', 'red')), 0) AS at_risk
  FROM day d
  JOIN health_healthscore h ON h.as_of = d.day AND h.band <> 'none'
  JOIN {account_month} a ON a.account_id = h.account_id AND a.month = d.month AND a.mrr > 0
  JOIN explored e ON e.account_id = h.account_id AND d.day >= e.since AND d.day < e.until
 GROUP BY GROUPING SETS ((d.month), (d.month, e.value));
