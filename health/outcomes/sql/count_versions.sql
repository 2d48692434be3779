-- Outcomes of stage_measured (id) got measurements: whoever keeps a copy asks for them again.
UPDATE health_outcome o SET version = o.version + 1, updated_at = clock_timestamp() FROM stage_measured s WHERE o.id = s.id;
