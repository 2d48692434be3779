-- Every line of the ledger that stands is reversed in the currency that it was posted in: the sum of each account, period,
-- month and kind becomes nothing, and the ordinary road posts the same movements anew in the other currency.
INSERT INTO metrics_mrrmovement
       (id, tenant_id, account_id, subscription_id, change_id, month, kind, amount_minor, reason, effective_on, recorded_at, reverses_id)
SELECT uuidv7(), %(tenant_id)s, s.account_id, s.subscription_id, s.change_id, s.month, s.kind, -s.amount, s.reason, s.effective_on,
       clock_timestamp(), s.last_id
  FROM (SELECT account_id, subscription_id, month, kind, reason, sum(amount_minor)::bigint AS amount,
               (array_agg(id ORDER BY recorded_at DESC, id DESC))[1] AS last_id,
               (array_agg(change_id ORDER BY recorded_at DESC, id DESC))[1] AS change_id,
               (array_agg(effective_on ORDER BY recorded_at DESC, id DESC))[1] AS effective_on
          FROM metrics_mrrmovement
         GROUP BY account_id, subscription_id, month, kind, reason
        HAVING sum(amount_minor) <> 0) s;
