-- One event for each row of `rows` (account_id, data; none where data is null) and one delivery of it for each endpoint that
-- asks for this kind. Without such an endpoint nothing is read or written but what `rows` itself writes.
WITH told AS {rows}, wanted AS MATERIALIZED (
    SELECT id FROM accounts_webhookendpoint
     WHERE tenant_id = %(tenant_id)s AND enabled AND (events = '{}' OR %(kind)s = ANY (events))
), event AS (
    INSERT INTO accounts_webhookevent (id, tenant_id, kind, account_id, data, at)
    SELECT uuidv7(), %(tenant_id)s, %(kind)s, told.account_id, told.data, %(now)s
      FROM told
     WHERE told.data IS NOT NULL AND EXISTS (SELECT FROM wanted)
    RETURNING id
)
INSERT INTO accounts_webhookdelivery (id, tenant_id, endpoint_id, event_id, state, attempts, next_at, since)
SELECT uuidv7(), %(tenant_id)s, wanted.id, event.id, 'waiting', 0, %(now)s, %(now)s
  FROM event CROSS JOIN wanted
