-- Tracks of the temporary table stage_track: new ones are made, known ones begin earlier where a stage of theirs does, take
-- the name that was given, and the id that a file gave to what the night had begun.
WITH made AS (
    INSERT INTO journey_track (id, tenant_id, external_id, account_id, kind, name, opened_on, closed_because, source, source_ref, version)
    SELECT s.id, %(tenant_id)s, s.external_id, s.account_id, s.kind, s.name, s.opened_on, '', %(source)s, %(source_ref)s::uuid, 1
      FROM stage_track s
     WHERE s.is_new
     ORDER BY s.external_id
)
UPDATE journey_track t
   SET external_id = s.external_id, name = s.name, opened_on = s.opened_on, version = t.version + 1, updated_at = clock_timestamp()
  FROM stage_track s
 WHERE t.id = s.id AND NOT s.is_new
   AND (t.external_id, t.name, t.opened_on) IS DISTINCT FROM (s.external_id, s.name, s.opened_on)
