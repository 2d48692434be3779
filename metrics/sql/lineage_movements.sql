-- The ledger lines of an account that stand (reversed ones add up to nothing), between two months, as posted by a moment
-- and in the currency that they were posted in.
SELECT t.month, t.kind, s.external_id, p.name AS product, sum(t.amount_minor)::bigint AS amount, t.currency, count(*) AS lines,
       (array_agg(t.id ORDER BY t.recorded_at DESC, t.id DESC) FILTER (WHERE t.reverses_id IS NULL))[1] AS id,
       (array_agg(t.change_id ORDER BY t.recorded_at DESC, t.id DESC) FILTER (WHERE t.reverses_id IS NULL))[1] AS change_id,
       (array_agg(t.effective_on ORDER BY t.recorded_at DESC, t.id DESC) FILTER (WHERE t.reverses_id IS NULL))[1] AS effective_on
  FROM {posted_lines} t
  JOIN accounts_subscription s ON s.id = t.subscription_id
  LEFT JOIN accounts_product p ON p.id = s.product_id
 WHERE t.account_id = %(account_id)s
   AND t.month BETWEEN %(from_month)s AND %(to_month)s
   AND t.recorded_at <= %(known_at)s
 GROUP BY t.month, t.kind, t.subscription_id, t.currency, s.external_id, p.name
HAVING sum(t.amount_minor) <> 0
 ORDER BY t.month, abs(sum(t.amount_minor)) DESC, s.external_id, t.kind;
