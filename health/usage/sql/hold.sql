-- Keep the items of a batch that were not stored, in their order.
INSERT INTO health_heldevent (id, tenant_id, state, receipt_id, "position", code, field, message, event, raw, message_id,
                              account_ref, occurred_at, received_at, updated_at)
SELECT uuidv7(), %(tenant_id)s, state, %(receipt_id)s, "position", code, field, message, event, raw, message_id,
       coalesce(account_ref, ''), occurred_at, %(received_at)s, %(received_at)s
  FROM json_to_recordset(%(rows)s::json) AS item (state text, "position" int, code text, field text, message text, raw text,
                                                  message_id uuid, account_ref text, occurred_at timestamptz, event jsonb)
