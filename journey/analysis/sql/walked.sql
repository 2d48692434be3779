-- Stage periods of the tracks of the asked accounts that were open at any time from `before_first` to `last`, with what pages cut
-- them by. Who was merged counts with the account that remains. `stalled`: at the end of `last` it is open and held up, or without
-- progress for more than twice the upper end of its target (flags.stalled_for); `idle` is for how many days. Progress is a word on
-- a criterion, a milestone, a change of stage of the track. `left_here`: where the track stood on its climb when the customer left,
-- the one stage of it.
CREATE TEMPORARY TABLE walked ON COMMIT DROP AS
WITH part AS MATERIALIZED (
    SELECT s.id, s.into_id FROM {standing} s
), own AS MATERIALIZED (
    SELECT coalesce(p.into_id, a.id) AS account_id, a.id AS part_id
      FROM accounts_account a
      LEFT JOIN part p ON p.id = a.id
     WHERE coalesce(p.into_id, a.id) = ANY (%(accounts)s::uuid[])
), usual AS (
    SELECT u.segment_id, u.stage, u.days_from, u.days_to
      FROM jsonb_to_recordset(%(targets)s::jsonb) AS u(segment_id uuid, stage text, days_from int, days_to int)
), track AS MATERIALIZED (
    SELECT t.*, o.account_id AS whole_id FROM own o JOIN journey_track t ON t.account_id = o.part_id AND t.opened_on <= %(last)s
), checked AS MATERIALIZED (
    SELECT c.period_id, timezone(%(zone)s, max(c.at) FILTER (WHERE c.at < %(until)s))::date AS day
      FROM track t
      JOIN journey_stageperiod p ON p.track_id = t.id
      JOIN journey_criterioncheck c ON c.period_id = p.id
     WHERE p.exited_on IS NULL OR p.exited_on > %(last)s
     GROUP BY 1
), moved AS MATERIALIZED (
    SELECT p.track_id,
           max(greatest(p.entered_on, p.exited_on)) FILTER (WHERE coalesce(p.exited_on, p.entered_on) <= %(last)s) AS day
      FROM track t
      JOIN journey_stageperiod p ON p.track_id = t.id
     GROUP BY 1
), done AS MATERIALIZED (
    -- A plan without a track of its own is the core track's.
    SELECT t.id AS track_id, max(m.done_on) FILTER (WHERE m.done_on <= %(last)s) AS day
      FROM track t
      JOIN own o ON o.account_id = t.whole_id
      JOIN journey_plan l ON l.account_id = o.part_id AND (l.track_id = t.id OR l.track_id IS NULL AND t.kind = 'core')
      JOIN journey_milestone m ON m.plan_id = l.id AND m.done_on IS NOT NULL
     GROUP BY 1
)
SELECT p.id AS period_id, t.id AS track_id, t.whole_id AS account_id, t.kind, t.name, t.opened_on, t.closed_on, t.closed_because,
       p.stage, p.entered_on, p.entry, p.exited_on, p.outcome, p.cause, p.overridden, p.blocker, p.blocked_on, p.note,
       coalesce(f.stage, '') AS from_stage, coalesce(b.stage, '') AS back_to, b.exited_on AS recovered_on,
       coalesce(b.outcome, '') = 'completed' AS recovered, p.exited_on - p.entered_on AS days, u.days_from, u.days_to,
       a.segment_id, coalesce(x.name, '') AS segment, a.source, a.tier, a.mrr_minor, a.owner_id,
       CASE WHEN a.employees IS NULL THEN '' WHEN a.employees < 100 THEN '1-99' WHEN a.employees < 1000 THEN '100-999'
            ELSE '1000+' END AS size,
       p.stage <> 'retention' OR NOT EXISTS (SELECT FROM journey_stageperiod e
                                              WHERE e.track_id = t.id AND e.stage = p.stage AND e.entered_on < p.entered_on) AS first_time,
       t.closed_because = 'left' AND t.closed_on = p.exited_on AND p.stage IN ('onboarding', 'adoption', 'retention')
       AND NOT EXISTS (SELECT FROM journey_stageperiod e
                        WHERE e.track_id = t.id AND e.exited_on = t.closed_on AND e.stage IN ('onboarding', 'adoption', 'retention')
                          AND (e.entered_on, e.id) > (p.entered_on, p.id)) AS left_here,
       (p.exited_on IS NULL OR p.exited_on > %(last)s)
       AND (p.blocker <> '' AND p.blocked_on <= %(last)s OR %(last)s::date - g.day > 2 * u.days_to) AS stalled,
       greatest(%(last)s::date - g.day, CASE WHEN p.blocker <> '' THEN %(last)s::date - p.blocked_on END) AS idle
  FROM track t
  JOIN journey_stageperiod p ON p.track_id = t.id
  JOIN accounts_account a ON a.id = t.whole_id
  LEFT JOIN accounts_segment x ON x.id = a.segment_id
  LEFT JOIN journey_stageperiod f ON f.id = p.came_from_id
  LEFT JOIN LATERAL (SELECT n.stage, n.exited_on, n.outcome FROM journey_stageperiod n
                      WHERE n.came_from_id = p.id AND n.track_id = t.id AND n.entry = 'went_back' AND n.entered_on <= %(last)s
                      LIMIT 1) b ON p.outcome = 'regressed'
  LEFT JOIN usual u ON u.stage = p.stage AND u.segment_id IS NOT DISTINCT FROM a.segment_id
  LEFT JOIN checked c ON c.period_id = p.id
  LEFT JOIN moved m ON m.track_id = t.id
  LEFT JOIN done d ON d.track_id = t.id
 CROSS JOIN LATERAL (SELECT greatest(p.entered_on, c.day, m.day, d.day) AS day) g
 WHERE p.entered_on <= %(last)s AND (p.exited_on IS NULL OR p.exited_on >= %(before_first)s);
ANALYZE walked
