-- Rows that are handed over: who each event is about and what it says.
SELECT account_id, data FROM unnest(%(accounts)s::uuid[], %(data)s::jsonb[]) AS given(account_id, data)
