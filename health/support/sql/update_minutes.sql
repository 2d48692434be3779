-- Minutes of stage_minutes onto their tickets.
UPDATE health_ticket t
   SET first_response_minutes = s.first_response_minutes, resolution_minutes = s.resolution_minutes,
       version = t.version + 1, updated_at = clock_timestamp()
  FROM stage_minutes s
 WHERE t.id = s.id
RETURNING t.account_id;
