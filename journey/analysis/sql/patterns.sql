-- How journeys went on by how they began (JRN-31): core tracks that began at least a year before `last` and have left onboarding,
-- by whether the first onboarding took no longer than its target and whether the track ever went back.
WITH part AS MATERIALIZED (
    SELECT s.id, s.into_id FROM {standing} s
), usual AS (
    SELECT u.segment_id, u.days_to
      FROM jsonb_to_recordset(%(targets)s::jsonb) AS u(segment_id uuid, stage text, days_to int)
     WHERE u.stage = 'onboarding'
), core AS MATERIALIZED (
    SELECT t.id, a.owner_id, a.segment_id, t.closed_because = 'left' AND t.closed_on <= %(last)s AS gone
      FROM journey_track t
      LEFT JOIN part p ON p.id = t.account_id
      JOIN accounts_account a ON a.id = coalesce(p.into_id, t.account_id)
     WHERE a.id = ANY (%(accounts)s::uuid[]) AND t.kind = 'core' AND t.opened_on <= %(last)s::date - 365 AND t.closed_because <> 'merged'
), begun AS (
    SELECT DISTINCT ON (p.track_id) p.track_id, p.exited_on - p.entered_on AS days, p.exited_on
      FROM core c
      JOIN journey_stageperiod p ON p.track_id = c.id AND p.stage = 'onboarding'
     ORDER BY p.track_id, p.entered_on, p.id
), gone_on AS (
    -- Of what ended after `last` nothing was known then.
    SELECT p.track_id, bool_or(p.outcome = 'regressed' AND e.ended) AS fell,
           count(*) FILTER (WHERE p.stage = 'renewal' AND p.outcome = 'completed' AND e.ended) AS renewed,
           count(*) FILTER (WHERE p.stage = 'renewal' AND e.ended) AS renewals,
           bool_or(p.stage = 'expansion' AND p.outcome = 'completed' AND e.ended) AS expanded,
           bool_or(p.stage = 'advocacy') AS speaks
      FROM core c
      JOIN journey_stageperiod p ON p.track_id = c.id AND p.entered_on <= %(last)s
     CROSS JOIN LATERAL (SELECT coalesce(p.exited_on <= %(last)s, false) AS ended) e
     GROUP BY 1
), told AS (
    SELECT c.owner_id, c.segment_id, b.days <= u.days_to AS in_target, g.fell, count(*)::int AS tracks, sum(g.renewals)::int AS renewals,
           sum(g.renewed)::int AS renewed, count(*) FILTER (WHERE g.expanded)::int AS expanded,
           count(*) FILTER (WHERE g.speaks)::int AS speaks, count(*) FILTER (WHERE c.gone)::int AS gone
      FROM core c
      JOIN begun b ON b.track_id = c.id AND b.exited_on <= %(last)s
      JOIN gone_on g ON g.track_id = c.id
      JOIN usual u ON u.segment_id IS NOT DISTINCT FROM c.segment_id AND u.days_to IS NOT NULL
     GROUP BY 1, 2, 3, 4
)
SELECT t.owner_id, t.segment_id, 'pattern' AS figure, v.cell, 'now' AS part, '' AS stage,
       CASE WHEN t.in_target THEN 'in_target' ELSE '' END AS word, '' AS cut, CASE WHEN t.fell THEN 'fell' ELSE '' END AS value,
       NULL::int AS days, v.n, 0 AS accounts, 0 AS mrr
  FROM told t
 CROSS JOIN LATERAL (VALUES ('tracks', t.tracks), ('renewals', t.renewals), ('renewed', t.renewed), ('expanded', t.expanded),
       ('speaks', t.speaks), ('gone', t.gone)) v(cell, n)
 WHERE v.n > 0
