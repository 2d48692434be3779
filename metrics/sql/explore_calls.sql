-- Renewals that come due soon, or are late, with the call that counts, as they stood frozen at the last week of each month
-- (MET-22): the leader's, else the CSM's, else the system's. Attributes as of that day.
WITH week AS (
    SELECT m.month::date AS month, w.week
      FROM unnest(%(months)s::date[]) m (month)
     CROSS JOIN LATERAL (SELECT max(f.week) AS week FROM renewals_frozencall f
                          WHERE f.week >= m.month AND f.week < m.month + interval '1 month') w
     WHERE w.week IS NOT NULL
), called AS (
    SELECT DISTINCT ON (w.month, f.renewal_id) w.month, w.week, f.renewal_id, f.probability, f.mrr_minor
      FROM week w
      JOIN renewals_frozencall f ON f.week = w.week AND f.due_on <= w.week + %(soon)s::int
     ORDER BY w.month, f.renewal_id, array_position(ARRAY['leader', 'csm', 'system'], f.caller::text)
)
SELECT c.month, e.value, grouping(e.value) = 1 AS total, count(*) AS renewals, sum(c.mrr_minor) AS due,
       coalesce(sum(c.mrr_minor) FILTER (WHERE c.probability < %(likely)s), 0) AS at_risk
  FROM called c
  JOIN renewals_renewal r ON r.id = c.renewal_id
  JOIN explored e ON e.account_id = r.account_id AND c.week >= e.since AND c.week < e.until
 GROUP BY GROUPING SETS ((1), (1, 2));
