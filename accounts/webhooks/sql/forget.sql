-- Events that are past their time, with their deliveries and tries; how many events.
WITH old AS (
    SELECT id FROM accounts_webhookevent WHERE tenant_id = %(tenant_id)s AND at < %(before)s
), sent AS (
    DELETE FROM accounts_webhookdelivery d USING old WHERE d.tenant_id = %(tenant_id)s AND d.event_id = old.id RETURNING d.id
), tried AS (
    DELETE FROM accounts_webhookattempt a USING sent WHERE a.tenant_id = %(tenant_id)s AND a.delivery_id = sent.id
)
DELETE FROM accounts_webhookevent e USING old WHERE e.tenant_id = %(tenant_id)s AND e.id = old.id
