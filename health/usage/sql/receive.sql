-- Take a batch in: its keys, the events whose account is known, the days that they touch. `incoming` stands before this
-- text: a staged table, or arrays. Keys are written in their order, so that two batches wait for each other instead of
-- blocking each other. When all keys are new, the counts are known and the receipt is written as well. Answers with what
-- was stored and with the keys that stood already.
keyed AS (
    INSERT INTO health_usagekey (tenant_id, message_id, digest, received_on)
    SELECT %(tenant_id)s, message_id, digest, (%(received_at)s::timestamptz AT TIME ZONE 'UTC')::date
      FROM incoming
     ORDER BY message_id
    ON CONFLICT (tenant_id, message_id) DO NOTHING
    RETURNING message_id
), clock AS (
    SELECT timezone AS zone, (%(received_at)s::timestamptz AT TIME ZONE timezone)::date AS today
      FROM accounts_tenant WHERE id = %(tenant_id)s
), stored AS (
    INSERT INTO health_usageevent (tenant_id, message_id, day, occurred_at, account_id, user_ref, event, quantity, session,
                                   known_on, received_at, receipt_id)
    SELECT %(tenant_id)s, message_id, day, occurred_at, account_id, user_ref, event, quantity, session,
           CASE WHEN %(history)s OR today - day <= %(late_days)s THEN day ELSE today END,
           %(received_at)s, %(receipt_id)s
      FROM incoming JOIN keyed USING (message_id), clock,
           LATERAL (SELECT (occurred_at AT TIME ZONE zone)::date AS day) cut
     WHERE account_id IS NOT NULL
    RETURNING account_id, day, occurred_at
), touched AS (
    INSERT INTO health_usagetouched (tenant_id, receipt_id, account_id, day)
    SELECT DISTINCT %(tenant_id)s, %(receipt_id)s::uuid, account_id, day FROM stored
), noted AS (
    INSERT INTO health_receipt (tenant_id, id, kind, api_key_id, run_id, received_at, received, accepted, duplicate,
                                quarantined, rejected, latest_at)
    SELECT %(tenant_id)s, %(receipt_id)s, %(kind)s, %(api_key_id)s::uuid, %(run_id)s::uuid, %(received_at)s, %(received)s,
           %(accepted)s, %(duplicate)s, %(quarantined)s, %(rejected)s, (SELECT max(occurred_at) FROM stored)
     WHERE (SELECT count(*) FROM keyed) = %(keys)s
)
SELECT (SELECT count(*) FROM stored) AS stored,
       (SELECT max(occurred_at) FROM stored) AS latest_at,
       CASE WHEN (SELECT count(*) FROM keyed) < %(keys)s
            THEN (SELECT array_agg(message_id::text) FROM (SELECT message_id FROM incoming EXCEPT SELECT message_id FROM keyed) old)
       END AS standing
