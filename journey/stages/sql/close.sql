-- Close the tracks of the temporary table ending_track and give up their open stages, with what their criteria said
-- (ending_period). Proposals to go back from them lapse.
WITH closed AS (
    UPDATE journey_track t
       SET closed_on = e.day, closed_because = e.because, version = t.version + 1, updated_at = clock_timestamp()
      FROM ending_track e
     WHERE e.id = t.id
    RETURNING t.id, t.closed_on
)
UPDATE journey_stageperiod p
   SET exited_on = c.closed_on, outcome = 'abandoned', evidence = e.evidence::jsonb, validated_at = clock_timestamp(),
       version = p.version + 1, updated_at = clock_timestamp()
  FROM closed c, ending_period e
 WHERE c.id = p.track_id AND e.id = p.id
