-- The total of a reconciliation at the rates of its month; an account that billing says in a currency without a rate is
-- left out, as it is out of every figure.
SELECT coalesce(sum(round(b.mrr_minor * r.rate)), 0) AS total
  FROM metrics_reconciliationrow b
  JOIN rate r ON r.currency = b.currency AND r.m = %(m)s
 WHERE b.reconciliation_id = %(reconciliation)s;
