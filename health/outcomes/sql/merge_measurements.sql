-- Measurements of stage_measurement that say something else than the latest recorded one of their day.
WITH latest AS (
    SELECT DISTINCT ON (m.outcome_id, m.measured_on) m.outcome_id, m.measured_on, m.value, m.note
      FROM health_outcomemeasurement m
      JOIN stage_measurement s ON s.outcome_id = m.outcome_id AND s.measured_on = m.measured_on
     ORDER BY m.outcome_id, m.measured_on, m.recorded_at DESC, m.id DESC
)
INSERT INTO health_outcomemeasurement (id, tenant_id, outcome_id, measured_on, value, note, known_on, recorded_at, recorded_by_id)
SELECT uuidv7(), %(tenant_id)s, s.outcome_id, s.measured_on, s.value, s.note, s.known_on, clock_timestamp(), %(member_id)s::uuid
  FROM stage_measurement s
  LEFT JOIN latest l USING (outcome_id, measured_on)
 WHERE (l.value, l.note) IS DISTINCT FROM (s.value, s.note)
 ORDER BY s.outcome_id, s.measured_on
RETURNING outcome_id, measured_on;
