-- The next step of each open renewal, where its day is near and nobody was asked yet.
SELECT n.id, n.step, n.days, n.due_on, r.id AS renewal_id, r.account_id, r.due_on AS renews_on
  FROM renewals_renewal r
  JOIN LATERAL (SELECT s.id, s.step, s.days, s.due_on, s.task_id FROM renewals_renewalstep s
                 WHERE s.tenant_id = r.tenant_id AND s.renewal_id = r.id AND s.done_on IS NULL
                 ORDER BY s.due_on, s.days DESC, s.id LIMIT 1) n ON true
 WHERE r.tenant_id = %(tenant_id)s AND r.state = 'open' AND n.task_id IS NULL AND n.due_on <= %(until)s
 ORDER BY n.due_on, r.id
