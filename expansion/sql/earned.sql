-- What the five checks of EXP-01 are judged by, for the accounts in `ids`, at the end of the day `as_of`: one row each. What was
-- merged into an account counts for it. Success criteria are read as the journey reads them (journey/stages/sql/standing.sql).
WITH part AS MATERIALIZED (
    SELECT s.id, s.into_id FROM {standing} s
), asked AS MATERIALIZED (
    SELECT a.id, coalesce(p.into_id, a.id) AS account_id
      FROM unnest(%(ids)s::uuid[]) AS a(id) LEFT JOIN part p ON p.id = a.id
), whole AS MATERIALIZED (
    SELECT DISTINCT account_id AS id, account_id AS part_id FROM asked
     UNION
    SELECT q.account_id, p.id FROM asked q JOIN part p ON p.into_id = q.account_id
), reached AS MATERIALIZED (
    SELECT w.id AS account_id, o.first_value, o.story <> '' AS told, o.name,
           least(CASE WHEN o.confirmed_on <= %(as_of)s THEN o.confirmed_on END, v.day) AS day
      FROM whole w
      JOIN health_outcome o ON o.account_id = w.part_id AND o.agreed_on <= %(as_of)s
                           AND (o.dropped_on IS NULL OR o.dropped_on > %(as_of)s)
      LEFT JOIN LATERAL (SELECT m.measured_on AS day, (m.value - o.baseline) / (o.target - o.baseline) AS done
                           FROM health_outcomemeasurement m
                          WHERE m.outcome_id = o.id AND m.measured_on <= %(as_of)s
                          ORDER BY m.measured_on DESC, m.recorded_at DESC LIMIT 1) v ON v.done >= 1
), wished AS MATERIALIZED (
    SELECT account_id, count(*) AS agreed, bool_or(first_value) AS planned,
           min(day) FILTER (WHERE first_value) AS value_on,
           (array_agg(name ORDER BY day, name) FILTER (WHERE first_value AND day IS NOT NULL))[1] AS value_name,
           count(*) FILTER (WHERE told AND day > %(as_of)s::date - 365) AS stories,
           (array_agg(name ORDER BY day DESC, name) FILTER (WHERE told AND day > %(as_of)s::date - 365))[1] AS story_name
      FROM reached GROUP BY 1
), lived AS MATERIALIZED (
    -- A stage that ended keeps how its criteria stood; the first value may have been attested there.
    SELECT w.id AS account_id, bool_or(s.evidence @> '[{"key": "first_value", "met": true}]') AS shown,
           min(s.exited_on) FILTER (WHERE s.evidence @> '[{"key": "first_value", "met": true}]') AS shown_on
      FROM whole w
      JOIN journey_track t ON t.account_id = w.part_id AND t.kind = 'core'
      JOIN journey_stageperiod s ON s.track_id = t.id AND s.outcome = 'completed' AND s.exited_on <= %(as_of)s
     GROUP BY 1
), troubled AS MATERIALIZED (
    SELECT w.id AS account_id, count(*) AS tickets, min(t.opened_at) AS since
      FROM whole w
      JOIN health_ticket t ON t.account_id = w.part_id
     WHERE t.level = 'urgent' AND t.opened_at < %(until)s AND coalesce(least(t.resolved_at, t.closed_at) >= %(until)s, true)
     GROUP BY 1
)
SELECT q.id AS account_id, least(a.signed_on, a.customer_since) AS since, a.health_band AS band, a.health_score AS score,
       a.health_on, coalesce(w.agreed, 0)::int AS agreed, coalesce(w.planned, false) AS planned, w.value_on,
       coalesce(w.value_name, '') AS value_name, coalesce(w.stories, 0)::int AS stories, coalesce(w.story_name, '') AS story_name,
       coalesce(l.shown, false) AS shown, l.shown_on, coalesce(t.tickets, 0)::int AS urgent,
       (t.since AT TIME ZONE %(zone)s)::date AS urgent_since, EXISTS (SELECT FROM health_ticket) AS heard
  FROM asked q
  JOIN accounts_account a ON a.id = q.account_id
  LEFT JOIN wished w ON w.account_id = q.account_id
  LEFT JOIN lived l ON l.account_id = q.account_id
  LEFT JOIN troubled t ON t.account_id = q.account_id
