-- A batch of the API: arrays spare the staged table.
WITH incoming AS (
    SELECT *
      FROM unnest(%(message_id)s::uuid[], %(digest)s::bytea[], %(account_id)s::uuid[], %(user_ref)s::text[], %(event)s::text[],
                  %(quantity)s::numeric[], %(occurred_at)s::timestamptz[], %(session)s::text[])
        AS given (message_id, digest, account_id, user_ref, event, quantity, occurred_at, session)
),
