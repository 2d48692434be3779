-- Answers to the journey's own question (JRN-29) in both spans, by the stage that the core track stood in on that day (the one it
-- came into last), and by the value of a cut ({cut}) of their account.
WITH book AS (
    SELECT DISTINCT account_id, {cut} AS value FROM walked
), answer AS MATERIALIZED (
    SELECT s.id, b.account_id, b.value, s.score, timezone(%(zone)s, s.answered_at)::date AS day
      FROM book b
      JOIN health_survey s ON s.account_id = b.account_id AND s.kind = 'journey_nps'
                          AND s.answered_at >= %(before_from)s AND s.answered_at < %(until)s
), placed AS (
    SELECT DISTINCT ON (a.id) a.*, coalesce(w.stage, '') AS stage
      FROM answer a
      LEFT JOIN walked w ON w.account_id = a.account_id AND w.kind = 'core' AND w.stage IN ('onboarding', 'adoption', 'retention')
                        AND w.entered_on <= a.day AND (w.exited_on IS NULL OR w.exited_on > a.day)
     ORDER BY a.id, w.entered_on DESC NULLS LAST, w.period_id
)
SELECT CASE WHEN day >= %(first)s THEN 'now' ELSE 'before' END AS span, stage, value, count(*)::int AS answers,
       count(*) FILTER (WHERE score >= 9)::int AS promoters, count(*) FILTER (WHERE score <= 6)::int AS detractors
  FROM placed
 GROUP BY 1, 2, 3
