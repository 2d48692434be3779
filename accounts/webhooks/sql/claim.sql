-- Take what is due, the oldest of each endpoint and `most` in all, one of an endpoint that fails: until `leased` it is nobody
-- else's. Rows that another worker is taking are passed over.
WITH open AS MATERIALIZED (
    SELECT tenant_id, id, failing_since FROM accounts_webhookendpoint
     WHERE tenant_id = %(tenant_id)s AND enabled AND (paused_until IS NULL OR paused_until <= %(now)s)
), due AS (
    SELECT d.id
      FROM open e
     CROSS JOIN LATERAL (
        SELECT w.id FROM accounts_webhookdelivery w
         WHERE w.tenant_id = e.tenant_id AND w.endpoint_id = e.id AND w.state = 'waiting' AND w.next_at <= %(now)s
         ORDER BY w.next_at, w.id
         LIMIT CASE WHEN e.failing_since IS NULL THEN greatest(%(most)s / (SELECT count(*) FROM open), 1) ELSE 1 END
           FOR UPDATE SKIP LOCKED) d
)
UPDATE accounts_webhookdelivery d
   SET next_at = %(leased)s, attempts = d.attempts + 1
  FROM due
 WHERE d.tenant_id = %(tenant_id)s AND d.id = due.id
RETURNING d.id
