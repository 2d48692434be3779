-- The log of an endpoint, before the endpoint itself goes: deliveries and their tries. The events stay for the others.
WITH sent AS (
    DELETE FROM accounts_webhookdelivery WHERE tenant_id = %(tenant_id)s AND endpoint_id = %(endpoint)s RETURNING id
)
DELETE FROM accounts_webhookattempt a USING sent WHERE a.tenant_id = %(tenant_id)s AND a.delivery_id = sent.id
