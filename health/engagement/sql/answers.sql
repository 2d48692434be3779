-- Sums of the answers of each kind by the tenant's month, from the instant `first` up to, not including, `until`.
SELECT s.kind, date_trunc('month', timezone(%(zone)s, s.answered_at))::date AS month,
       count(*) AS count,
       count(*) FILTER (WHERE s.score >= %(promoter)s) AS promoters,
       count(*) FILTER (WHERE s.score >= %(passive)s AND s.score < %(promoter)s) AS passives,
       count(*) FILTER (WHERE s.score < %(passive)s) AS detractors,
       sum(CASE WHEN s.kind = 'csat' THEN s.score * %(csat_scale)s / s.scale ELSE s.score END) AS points,
       count(*) FILTER (WHERE s.score > s.scale - %(boxes)s) AS top
  FROM health_survey s
  JOIN accounts_account a ON a.id = s.account_id
  LEFT JOIN accounts_segment g ON g.id = a.segment_id
 WHERE s.kind = ANY (%(kinds)s)
   AND s.answered_at >= %(first)s
   AND s.answered_at < %(until)s
   AND s.known_on <= %(known_on)s
   AND (%(segment)s = '' OR g.name = %(segment)s)
   AND (%(account)s::uuid IS NULL OR s.account_id = %(account)s::uuid)
 GROUP BY 1, 2;
