-- Proposals to go back (JRN-24): what happened at the customer within 90 days and since the stage began, and a fall to red
-- that lasts. Once for a track and cause; nothing while one of the same cause is open, or was answered after it was known.
-- `causes` maps the kinds of events to causes, `backs` says where each leads from a stage.
WITH part AS MATERIALIZED (
    SELECT s.id, s.into_id FROM {standing} s
), backs AS (
    SELECT b.stage, b.cause, b.back FROM jsonb_to_recordset(%(backs)s::jsonb) AS b(stage text, cause text, back text)
), causes AS (
    SELECT c.kind, c.cause FROM jsonb_to_recordset(%(causes)s::jsonb) AS c(kind text, cause text)
), at_risk AS MATERIALIZED (
    -- Of each open track the stage that a cause throws it back from, the further one first. An event of the account is
    -- about its core track, one of a department about the tracks of that department.
    SELECT DISTINCT ON (t.id) t.id AS track_id, p.id AS period_id, p.stage, p.entered_on, t.kind,
           CASE WHEN t.kind = 'core' THEN coalesce(part.into_id, t.account_id) ELSE t.unit_id END AS account_id
      FROM journey_track t
      JOIN journey_stageperiod p ON p.track_id = t.id AND p.exited_on IS NULL AND p.entered_on <= %(as_of)s
      LEFT JOIN part ON part.id = t.account_id
     WHERE t.closed_on IS NULL AND (t.kind = 'core' OR t.unit_id IS NOT NULL) AND p.stage = ANY (%(stages)s)
     ORDER BY t.id, array_position(%(stages)s, p.stage::text)
), happened AS (
    SELECT r.track_id, r.period_id, r.stage, c.cause, e.id AS cause_ref, e.recorded_at AS known_at, e.happened_on AS day,
           jsonb_build_object('kind', e.kind, 'day', e.happened_on, 'note', e.note) AS inputs
      FROM at_risk r
      JOIN accounts_accountevent e ON e.account_id = r.account_id AND e.happened_on >= r.entered_on
                                  AND e.happened_on <= %(as_of)s AND e.happened_on > %(as_of)s::date - 90
      JOIN causes c ON c.kind = e.kind
), scored AS (
    SELECT h.account_id, h.as_of, h.band, h.score, lag(h.band) OVER w AS band_before, lag(h.score) OVER w AS score_before,
           first_value(h.band) OVER (PARTITION BY h.account_id ORDER BY h.as_of DESC) AS band_now
      FROM health_healthscore h
     WHERE h.account_id IN (SELECT account_id FROM at_risk) AND h.as_of <= %(as_of)s AND h.as_of > %(as_of)s::date - 90
       AND h.band <> 'none'
    WINDOW w AS (PARTITION BY h.account_id ORDER BY h.as_of)
), fell AS (
    SELECT DISTINCT ON (account_id) account_id, as_of AS day, score, score_before
      FROM scored
     WHERE band = 'red' AND band_before IN ('green', 'yellow') AND band_now = 'red'
     ORDER BY account_id, as_of DESC
), all_causes AS (
    SELECT * FROM happened
     UNION ALL
    SELECT r.track_id, r.period_id, r.stage, 'health', md5(r.track_id::text || f.day)::uuid,
           timezone(%(zone)s, (f.day + 1)::timestamp), f.day,
           jsonb_build_object('day', f.day, 'score', round(f.score), 'before', round(f.score_before))
      FROM at_risk r
      JOIN fell f ON f.account_id = r.account_id AND f.day >= r.entered_on
), latest AS (
    SELECT DISTINCT ON (track_id, cause) * FROM all_causes ORDER BY track_id, cause, day DESC, cause_ref
)
INSERT INTO journey_regression (id, tenant_id, track_id, period_id, stage, cause, cause_ref, inputs, state, as_of, note, version)
SELECT uuidv7(), %(tenant_id)s, l.track_id, l.period_id, b.back, l.cause, l.cause_ref, l.inputs, 'open', %(as_of)s, '', 1
  FROM latest l
  JOIN backs b ON b.stage = l.stage AND b.cause = l.cause
 WHERE NOT EXISTS (SELECT FROM journey_regression r
                    WHERE r.track_id = l.track_id AND r.cause = l.cause
                      AND (r.state = 'open' OR r.cause_ref = l.cause_ref OR r.decided_at >= l.known_at))
 ORDER BY l.track_id, l.cause
ON CONFLICT DO NOTHING
