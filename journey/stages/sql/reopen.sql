-- Core tracks that the night closed and whose cause is gone: a merger that was taken back, a customer who pays again. The
-- stages that a merger ended are open again; a customer who came back begins in onboarding. A person who closed a track as
-- gone on in another one meant it.
WITH back AS (
    SELECT t.id, t.closed_because, t.closed_on,
           CASE WHEN t.closed_because = 'left'
                THEN (SELECT min(p.start_on) FROM accounts_subscription p
                       WHERE p.account_id = a.id AND NOT p.voided AND p.mrr_minor > 0
                         AND p.start_on >= t.closed_on AND p.start_on <= %(as_of)s) END AS came_on
      FROM journey_track t
      JOIN accounts_account a ON a.id = t.account_id
     WHERE t.kind = 'core' AND t.closed_because IN ('left', 'merged') AND a.status = 'live' AND a.merged_into_id IS NULL
       AND NOT (t.closed_because = 'merged'
                AND EXISTS (SELECT FROM journey_stageperiod p
                             WHERE p.track_id = t.id AND p.outcome = 'abandoned' AND p.exited_on = t.closed_on
                               AND p.validated_by_id IS NOT NULL))
), opened AS (
    UPDATE journey_track t
       SET closed_on = NULL, closed_because = '', version = t.version + 1, updated_at = clock_timestamp()
      FROM back b
     WHERE b.id = t.id AND (b.closed_because = 'merged' OR b.came_on IS NOT NULL)
    RETURNING t.id, b.closed_because, b.closed_on, b.came_on
), again AS (
    UPDATE journey_stageperiod p
       SET exited_on = NULL, outcome = '', evidence = '[]', validated_at = NULL, version = p.version + 1, updated_at = clock_timestamp()
      FROM opened o
     WHERE o.id = p.track_id AND o.closed_because = 'merged' AND p.outcome = 'abandoned' AND p.exited_on = o.closed_on
       AND p.validated_by_id IS NULL
    RETURNING p.id
)
INSERT INTO journey_stageperiod (id, tenant_id, external_id, track_id, stage, entered_on, entry, exited_on, outcome, cause, note,
       evidence, overridden, blocker, blocker_note, source, version)
SELECT uuidv7(), %(tenant_id)s, 'again-' || o.id || '-' || o.came_on, o.id, 'onboarding', o.came_on, 'again', NULL, '', '', '',
       '[]', false, '', '', 'rule', 1
  FROM opened o
 WHERE o.came_on IS NOT NULL
ON CONFLICT DO NOTHING
