-- What the six criteria of ADV-01 are judged by, of every live customer with what was merged into it, at the end of the day.
-- `standing` names those that were merged. Money of proofs is in minor units of the reporting currency, as outcomes have it.
WITH part AS MATERIALIZED (
    SELECT s.id, s.into_id FROM {standing} s
), live AS MATERIALIZED (
    SELECT a.id, a.segment_id, a.health_band, a.health_score, a.health_on, a.strategic, lower(trim(a.industry)) AS field,
           a.industry, a.customer_since, a.mrr_minor
      FROM accounts_account a
     WHERE a.status = 'live' AND a.merged_into_id IS NULL
), whole AS MATERIALIZED (
    SELECT id, id AS part_id FROM live
     UNION ALL
    SELECT l.id, p.id FROM live l JOIN part p ON p.into_id = l.id
), answer AS MATERIALIZED (
    SELECT DISTINCT ON (w.id, s.kind) w.id, s.kind, s.score, s.scale, timezone(%(zone)s, s.answered_at)::date AS day
      FROM whole w
      JOIN health_survey s ON s.account_id = w.part_id
     WHERE s.kind IN ('nps', 'csat') AND s.answered_at < %(until)s AND s.answered_at >= %(until)s - interval '365 days'
       AND s.known_on <= %(as_of)s
     ORDER BY w.id, s.kind, s.answered_at DESC, s.id DESC
), measured AS MATERIALIZED (
    SELECT DISTINCT ON (m.outcome_id) m.outcome_id, m.value
      FROM health_outcomemeasurement m
     WHERE m.measured_on <= %(as_of)s AND m.known_on <= %(as_of)s
     ORDER BY m.outcome_id, m.measured_on DESC, m.recorded_at DESC, m.id DESC
), wished AS MATERIALIZED (
    -- A proof is a result (use is none) that was measured at its target, or one that was confirmed with what it is worth.
    SELECT w.id, o.id AS outcome_id, o.name, o.value_minor, o.due_on, t.confirmed OR t.measured AS reached,
           (t.measured AND o.metric <> 'adoption') OR (t.confirmed AND coalesce(o.value_minor, 0) > 0) AS proves
      FROM whole w
      JOIN health_outcome o ON o.account_id = w.part_id
      LEFT JOIN measured m ON m.outcome_id = o.id
     CROSS JOIN LATERAL (SELECT coalesce(o.confirmed_on <= %(as_of)s, false) AS confirmed,
                                coalesce((m.value - o.baseline) / (o.target - o.baseline) >= 1, false) AS measured) t
     WHERE (o.dropped_on IS NULL OR o.dropped_on > %(as_of)s) AND o.known_on <= %(as_of)s
), outcome AS MATERIALIZED (
    SELECT id, count(*) AS agreed, count(*) FILTER (WHERE reached) AS reached, count(*) FILTER (WHERE proves) AS proven,
           (array_agg(name ORDER BY value_minor DESC NULLS LAST, due_on, outcome_id) FILTER (WHERE proves))[1] AS proof,
           coalesce(sum(value_minor) FILTER (WHERE proves), 0)::bigint AS value_minor
      FROM wished GROUP BY id
), person AS MATERIALIZED (
    SELECT w.id, c.id AS contact_id, c.name, c.role, c.engagement,
           greatest(c.last_contact_on,
                    (SELECT max(timezone(%(zone)s, t.happened_at)::date) FROM health_touchpoint t
                      WHERE c.role = 'champion' AND t.account_id = c.account_id AND t.contact_id = c.id
                        AND t.status IN ('attended', 'replied') AND t.happened_at < %(until)s)) AS met_on
      FROM whole w
      JOIN accounts_contact c ON c.account_id = w.part_id AND (c.left_on IS NULL OR c.left_on > %(as_of)s)
), champion AS MATERIALIZED (
    SELECT DISTINCT ON (id) id, name, engagement, met_on
      FROM person WHERE role = 'champion'
     ORDER BY id, CASE engagement WHEN 'high' THEN 0 WHEN 'medium' THEN 1 WHEN '' THEN 2 ELSE 3 END, met_on DESC NULLS LAST, contact_id
), middle AS MATERIALIZED (
    SELECT segment_id, percentile_disc(0.5) WITHIN GROUP (ORDER BY mrr_minor) AS mrr_minor
      FROM live WHERE segment_id IS NOT NULL GROUP BY segment_id
), people AS MATERIALIZED (
    SELECT id, count(*) AS n FROM person GROUP BY id
), field AS MATERIALIZED (
    SELECT field, count(*) AS n FROM live WHERE field <> '' GROUP BY field
), walked AS MATERIALIZED (
    SELECT w.id, max(p.exited_on) FILTER (WHERE p.stage = 'adoption' AND p.outcome = 'completed') AS adopted_on,
           max(p.entered_on) FILTER (WHERE p.stage IN ('onboarding', 'adoption') AND p.exited_on IS NULL) AS adopting_since
      FROM whole w
      JOIN journey_track t ON t.account_id = w.part_id AND t.kind = 'core' AND t.closed_on IS NULL
      JOIN journey_stageperiod p ON p.track_id = t.id
     WHERE p.entered_on <= %(as_of)s
     GROUP BY 1
), period AS MATERIALIZED (
    SELECT w.id, p.start_on, p.end_on, coalesce(p.end_on, (p.start_on + make_interval(months => p.interval_months))::date) AS over_on
      FROM whole w
      JOIN accounts_subscription p ON p.account_id = w.part_id
     WHERE NOT p.voided AND p.mrr_minor > 0 AND p.start_on <= %(as_of)s
), first_one AS MATERIALIZED (
    SELECT DISTINCT ON (id) id, start_on, end_on, over_on FROM period ORDER BY id, start_on, over_on, end_on
), carried_on AS MATERIALIZED (
    -- A period that begins when the first one is over; one without an end is paid on from interval to interval.
    SELECT f.id, f.start_on,
           CASE WHEN f.end_on IS NULL THEN CASE WHEN f.over_on <= %(as_of)s THEN f.over_on END
                ELSE min(p.start_on) FILTER (WHERE p.start_on >= f.over_on) END AS renewed_on
      FROM first_one f
      JOIN period p ON p.id = f.id
     GROUP BY f.id, f.start_on, f.end_on, f.over_on
)
SELECT l.id AS account_id, coalesce(g.profile, 'mid_market') AS profile, l.health_band AS band,
       round(l.health_score::numeric, 1) AS score,
       n.score AS nps, n.day AS nps_on, round(c.score / nullif(c.scale, 0), 3) AS csat, c.day AS csat_on,
       coalesce(o.agreed, 0) AS agreed, coalesce(o.reached, 0) AS reached, coalesce(o.proven, 0) AS proven, o.proof,
       coalesce(o.value_minor, 0) AS value_minor, coalesce(e.n, 0) AS people, ch.name AS champion, ch.engagement, ch.met_on,
       l.strategic, l.industry, coalesce(f.n, 0) AS alike, l.mrr_minor >= b.mrr_minor AS large,
       w.adopted_on, coalesce(w.adopting_since > w.adopted_on OR (w.adopting_since IS NOT NULL AND w.adopted_on IS NULL), false) AS adopting,
       round(h.usage, 1) AS usage, coalesce(l.customer_since, k.start_on) AS since, k.renewed_on, k.id IS NOT NULL AS known_end
  FROM live l
  LEFT JOIN accounts_segment g ON g.id = l.segment_id
  LEFT JOIN answer n ON n.id = l.id AND n.kind = 'nps'
  LEFT JOIN answer c ON c.id = l.id AND c.kind = 'csat'
  LEFT JOIN outcome o ON o.id = l.id
  LEFT JOIN people e ON e.id = l.id
  LEFT JOIN champion ch ON ch.id = l.id
  LEFT JOIN field f ON f.field = l.field
  LEFT JOIN middle b ON b.segment_id = l.segment_id
  LEFT JOIN walked w ON w.id = l.id
  LEFT JOIN carried_on k ON k.id = l.id
  LEFT JOIN health_healthscore h ON h.account_id = l.id AND h.as_of = l.health_on
