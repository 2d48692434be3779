-- When something is to be sent next, over the endpoints that are on.
SELECT min(greatest(d.next_at, coalesce(e.paused_until, d.next_at))) AS at
  FROM accounts_webhookendpoint e
 CROSS JOIN LATERAL (
    SELECT w.next_at FROM accounts_webhookdelivery w
     WHERE w.tenant_id = e.tenant_id AND w.endpoint_id = e.id AND w.state = 'waiting'
     ORDER BY w.next_at LIMIT 1) d
 WHERE e.tenant_id = %(tenant_id)s AND e.enabled
