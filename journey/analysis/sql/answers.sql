-- Answers to the journey's own question (JRN-29) in both spans, by the stage that the core track stood in on that day, and by the
-- value of a cut ({cut}) of their account.
WITH book AS (
    SELECT DISTINCT account_id, {cut} AS value FROM walked
)
SELECT CASE WHEN d.day >= %(first)s THEN 'now' ELSE 'before' END AS span, coalesce(w.stage, '') AS stage, b.value,
       count(*)::int AS answers, count(*) FILTER (WHERE s.score >= 9)::int AS promoters,
       count(*) FILTER (WHERE s.score <= 6)::int AS detractors
  FROM book b
  JOIN health_survey s ON s.account_id = b.account_id AND s.kind = 'journey_nps'
                      AND s.answered_at >= %(before_from)s AND s.answered_at < %(until)s
 CROSS JOIN LATERAL (SELECT timezone(%(zone)s, s.answered_at)::date AS day) d
  LEFT JOIN LATERAL (SELECT w.stage FROM walked w
                      WHERE w.account_id = b.account_id AND w.kind = 'core' AND w.stage IN ('onboarding', 'adoption', 'retention')
                        AND w.entered_on <= d.day AND (w.exited_on IS NULL OR w.exited_on > d.day)
                      ORDER BY w.entered_on DESC, w.period_id LIMIT 1) w ON true
 GROUP BY 1, 2, 3
