-- Store held events: their keys are theirs since they came, so nothing can be stored twice. Files of history count as
-- known when they happened, others by the rule of receive.sql.
WITH clock AS (
    SELECT timezone AS zone, (%(received_at)s::timestamptz AT TIME ZONE timezone)::date AS today
      FROM accounts_tenant WHERE id = %(tenant_id)s
), ready AS (
    SELECT h.id, h.message_id, h.occurred_at, coalesce(a.id, u.account_id) AS account_id, r.kind = 'import' AS history,
           (h.occurred_at AT TIME ZONE clock.zone)::date AS day, clock.today,
           h.event ->> 'user' AS user_ref, h.event ->> 'event' AS event, (h.event ->> 'quantity')::numeric AS quantity,
           h.event ->> 'session' AS session
      FROM clock, health_heldevent h
      JOIN health_receipt r ON r.tenant_id = h.tenant_id AND r.id = h.receipt_id
      LEFT JOIN accounts_account a ON a.tenant_id = h.tenant_id AND a.external_id = h.account_ref
      LEFT JOIN health_usageuser u ON h.account_ref = '' AND u.tenant_id = h.tenant_id AND u.external_id = h.event ->> 'user'
     WHERE h.tenant_id = %(tenant_id)s
       AND h.id = ANY(%(ids)s::uuid[])
       AND h.state = 'quarantined'
       AND coalesce(a.id, u.account_id) IS NOT NULL
), stored AS (
    INSERT INTO health_usageevent (tenant_id, message_id, day, occurred_at, account_id, user_ref, event, quantity, session,
                                   known_on, received_at, receipt_id)
    SELECT %(tenant_id)s, message_id, day, occurred_at, account_id, user_ref, event, quantity, session,
           CASE WHEN history OR today - day <= %(late_days)s THEN day ELSE today END, %(received_at)s, %(receipt_id)s
      FROM ready
), touched AS (
    INSERT INTO health_usagetouched (tenant_id, receipt_id, account_id, day)
    SELECT DISTINCT %(tenant_id)s, %(receipt_id)s::uuid, account_id, day FROM ready
), released AS (
    UPDATE health_heldevent h
       SET state = 'released', released_by_id = %(receipt_id)s, changed_by_id = %(by)s, updated_at = %(received_at)s
      FROM ready
     WHERE h.tenant_id = %(tenant_id)s AND h.id = ready.id AND h.id = ANY(%(ids)s::uuid[])
)
SELECT count(*) AS released, max(occurred_at) AS latest_at FROM ready
