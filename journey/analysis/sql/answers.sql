-- Answers to the journey's own question (JRN-29) in both spans, by the stage that the core track stood in on that day (the one it
-- came into last), and by the value of each cut of their account; `word` says whose they are.
WITH book AS (
    SELECT DISTINCT account_id, owner_id, segment_id, segment, source, size, tier FROM walked
), answer AS MATERIALIZED (
    SELECT s.id, b.*, s.score, timezone(%(zone)s, s.answered_at)::date AS day
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
SELECT p.owner_id, p.segment_id, CASE WHEN p.day >= %(first)s THEN 'now' ELSE 'before' END AS part, p.stage, c.cut, c.value,
       CASE WHEN p.score >= 9 THEN 'promoter' WHEN p.score <= 6 THEN 'detractor' ELSE 'passive' END AS word, count(*)::int AS n
  FROM placed p
 CROSS JOIN LATERAL (VALUES ('segment', p.segment), ('source', p.source), ('size', p.size), ('tier', p.tier)) c(cut, value)
 GROUP BY 1, 2, 3, 4, 5, 6, 7
