-- The ledger lines of accounts between two months as posted by a moment, each with its reversals, in the order of the books.
SELECT a.external_id AS account, t.month, t.kind, t.reason, s.external_id AS subscription, t.amount_minor, t.currency, t.effective_on,
       t.recorded_at, t.change_id
  FROM {posted_lines} t
  JOIN accounts_account a ON a.id = t.account_id
  JOIN accounts_subscription s ON s.id = t.subscription_id
 WHERE t.account_id = ANY(%(ids)s::uuid[])
   AND t.month > %(from_month)s AND t.month <= %(to_month)s
   AND t.recorded_at <= %(known_at)s
 ORDER BY a.external_id, t.month, t.recorded_at, t.id;
