-- What the flags of the stage periods in `ids` are judged by, at the end of the day `as_of`: one row each. `leading` is the
-- one open stage of a track that flags of the whole account stand at.
WITH part AS MATERIALIZED (
    SELECT s.id, s.into_id FROM {standing} s
), asked AS MATERIALIZED (
    SELECT p.id AS period_id, p.stage, p.entered_on, t.id AS track_id, t.kind, coalesce(part.into_id, t.account_id) AS account_id,
           p.id = (SELECT o.id FROM journey_stageperiod o
                    WHERE o.track_id = t.id AND o.exited_on IS NULL
                    ORDER BY o.stage = 'retention' DESC, o.entered_on, o.id LIMIT 1) AS leading
      FROM journey_stageperiod p
      JOIN journey_track t ON t.id = p.track_id
      LEFT JOIN part ON part.id = t.account_id
     WHERE p.id = ANY (%(ids)s::uuid[])
), owner AS MATERIALIZED (
    SELECT DISTINCT account_id AS id FROM asked
), whole AS MATERIALIZED (
    SELECT id, id AS part_id FROM owner
     UNION ALL
    SELECT o.id, part.id FROM owner o JOIN part ON part.into_id = o.id
), checked AS MATERIALIZED (
    SELECT c.period_id, timezone(%(zone)s, max(c.at))::date AS day
      FROM journey_criterioncheck c
      JOIN asked a ON a.period_id = c.period_id
     WHERE c.at < %(until)s
     GROUP BY 1
), moved AS MATERIALIZED (
    SELECT p.track_id, max(greatest(p.entered_on, p.exited_on)) FILTER (WHERE coalesce(p.exited_on, p.entered_on) <= %(as_of)s) AS day
      FROM journey_stageperiod p
     WHERE p.track_id IN (SELECT track_id FROM asked)
     GROUP BY 1
), done AS MATERIALIZED (
    -- A plan without a track of its own is the core track's.
    SELECT a.track_id, max(m.done_on) AS day
      FROM (SELECT DISTINCT track_id, kind, account_id FROM asked) a
      JOIN whole w ON w.id = a.account_id
      JOIN journey_plan l ON l.account_id = w.part_id AND (l.track_id = a.track_id OR l.track_id IS NULL AND a.kind = 'core')
      JOIN journey_milestone m ON m.plan_id = l.id AND m.done_on <= %(as_of)s
     GROUP BY 1
), touched AS MATERIALIZED (
    SELECT o.id AS account_id,
           count(*) FILTER (WHERE t.happened_at >= %(until)s - interval '60 days') AS ours,
           max(t.happened_at) AS last_of_ours
      FROM owner o
      JOIN health_touchpoint t ON t.account_id = o.id AND NOT t.inbound
     WHERE t.status <> 'planned' AND t.happened_at < %(until)s AND t.happened_at >= %(until)s - interval '400 days'
     GROUP BY 1
), proven AS MATERIALIZED (
    SELECT w.id AS account_id, greatest(max(CASE WHEN o.confirmed_on <= %(as_of)s THEN o.confirmed_on END), max(m.measured_on)) AS day
      FROM whole w
      JOIN health_outcome o ON o.account_id = w.part_id
      LEFT JOIN health_outcomemeasurement m ON m.outcome_id = o.id AND m.measured_on <= %(as_of)s
     GROUP BY 1
), renewing AS MATERIALIZED (
    SELECT w.id AS account_id, bool_or(p.exited_on IS NULL OR p.exited_on > %(as_of)s) AS running,
           max(p.exited_on) FILTER (WHERE p.outcome = 'completed' AND p.exited_on <= %(as_of)s) AS renewed_on
      FROM whole w
      JOIN journey_track t ON t.account_id = w.part_id
      JOIN journey_stageperiod p ON p.track_id = t.id AND p.stage = 'renewal' AND p.entered_on <= %(as_of)s
     GROUP BY 1
), proposed AS MATERIALIZED (
    SELECT r.track_id, min(r.as_of) AS since FROM journey_regression r
     WHERE (r.state = 'open' OR r.decided_at >= %(until)s)
       AND r.track_id IN (SELECT track_id FROM asked) AND r.as_of <= %(as_of)s
     GROUP BY 1
)
SELECT a.period_id, a.leading, c.segment_id, c.renews_on, checked.day AS checked_on, moved.day AS moved_on, done.day AS done_on,
       coalesce(touched.ours, 0)::int AS ours,
       timezone(%(zone)s, touched.last_of_ours)::date AS last_of_ours, proven.day AS proven_on,
       coalesce(renewing.running, false) AS renewing, renewing.renewed_on, proposed.since AS proposed_on
  FROM asked a
  JOIN accounts_account c ON c.id = a.account_id
  LEFT JOIN checked ON checked.period_id = a.period_id
  LEFT JOIN moved ON moved.track_id = a.track_id
  LEFT JOIN done ON done.track_id = a.track_id
  LEFT JOIN touched ON touched.account_id = a.account_id
  LEFT JOIN proven ON proven.account_id = a.account_id
  LEFT JOIN renewing ON renewing.account_id = a.account_id
  LEFT JOIN proposed ON proposed.track_id = a.track_id
