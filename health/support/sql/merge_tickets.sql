-- Tickets of stage_derived that are not there yet; those that another transaction made meanwhile are left to the update.
INSERT INTO health_ticket (id, tenant_id, external_id, account_id, user_ref, subject, category, state, priority, level,
       opened_at, first_response_at, resolved_at, closed_at, reopened_at, reopen_count, reassignment_count, escalated_at,
       escalated_to, first_response_minutes, resolution_minutes, sentiment, known_on, source, source_ref, version)
SELECT uuidv7(), %(tenant_id)s, d.ticket, coalesce(w.into_id, a.id), d.user_ref, d.subject, d.category, d.state, d.priority, d.level,
       d.opened_at, d.first_response_at, d.resolved_at, d.closed_at, d.reopened_at, d.reopen_count, d.reassignment_count,
       d.escalated_at, d.escalated_to, d.first_response_minutes, d.resolution_minutes, d.sentiment, d.known_on,
       %(source)s, %(source_ref)s::uuid, 1
  FROM stage_derived d
  JOIN accounts_account a ON a.external_id = d.account
  LEFT JOIN {standing} w ON w.id = a.id
 ORDER BY d.ticket
ON CONFLICT (tenant_id, external_id) DO NOTHING
RETURNING id, account_id;
