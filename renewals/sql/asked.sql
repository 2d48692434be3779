-- The tasks that steps are done by from now on: of those in `step_ids` the task that carries the name in `names`.
UPDATE renewals_renewalstep s
   SET task_id = t.id
  FROM unnest(%(step_ids)s::uuid[], %(names)s::text[]) w(step_id, name)
  JOIN journey_task t ON t.tenant_id = %(tenant_id)s AND t.external_id = w.name
 WHERE s.tenant_id = %(tenant_id)s AND s.id = w.step_id
