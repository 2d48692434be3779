-- Stage periods of the temporary table stage_period, as they are from now on: new ones are made, known ones changed. A new
-- one whose id another account took meanwhile is left out; the numbers of the rows that were written come back.
WITH made AS (
    INSERT INTO journey_stageperiod (id, tenant_id, external_id, track_id, stage, entered_on, entry, came_from_id, exited_on, outcome,
           cause, note, evidence, overridden, blocker, blocker_note, source, source_ref, version)
    SELECT s.id, %(tenant_id)s, s.external_id, s.track_id, s.stage, s.entered_on, s.entry, s.came_from_id, s.exited_on, s.outcome,
           s.cause, s.note, '[]', false, '', '', %(source)s, %(source_ref)s::uuid, 1
      FROM stage_period s
     WHERE s.is_new
     ORDER BY s.external_id
    ON CONFLICT (tenant_id, external_id) DO NOTHING
    RETURNING id
), changed AS (
    UPDATE journey_stageperiod p
       SET external_id = s.external_id, entered_on = s.entered_on, entry = s.entry, came_from_id = s.came_from_id,
           exited_on = s.exited_on, outcome = s.outcome, cause = s.cause, note = s.note,
           source = CASE WHEN p.source = 'rule' AND p.external_id <> s.external_id THEN %(source)s ELSE p.source END,
           -- What was kept of an end that was taken back says nothing any more.
           evidence = CASE WHEN s.exited_on IS NULL THEN '[]' ELSE p.evidence END,
           overridden = p.overridden AND s.outcome = 'completed',
           version = p.version + 1, updated_at = clock_timestamp()
      FROM stage_period s
     WHERE p.id = s.id AND NOT s.is_new
    RETURNING p.id
)
SELECT id FROM made UNION ALL SELECT id FROM changed
