-- Tickets by the period they were opened in (MET-15), which is named by its last month; hours run on the tenant's clock.
WITH opened AS (
    SELECT t.*, timezone(%(zone)s, t.opened_at)::date AS day FROM health_ticket t
     WHERE t.opened_at >= %(first)s AND t.opened_at < %(until)s
), dated AS (
    SELECT o.*, CASE WHEN %(short)s = 3 THEN (date_trunc('quarter', o.day) + interval '2 months')::date
                     ELSE date_trunc('month', o.day)::date END AS month
      FROM opened o
)
SELECT t.month, e.value, grouping(e.value) = 1 AS total, count(*) AS tickets,
       count(t.first_response_minutes) AS responded, count(t.resolution_minutes) AS resolved,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY t.first_response_minutes) AS first_response,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY t.resolution_minutes) AS resolution,
       count(*) FILTER (WHERE t.reopen_count > 0) AS reopened, count(*) FILTER (WHERE t.escalated_at IS NOT NULL) AS escalated
  FROM dated t
  JOIN explored e ON e.account_id = t.account_id AND t.day >= e.since AND t.day < e.until
 GROUP BY GROUPING SETS ((t.month), (t.month, e.value));
