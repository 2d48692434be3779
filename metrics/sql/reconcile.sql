-- Billing's rows of a month beside the paid periods of it, by account and contract currency: `compared` for this transaction.
-- Same money in the same currency agrees, whatever either side rounds when it converts: what differs is converted once, at
-- the month's rate, and what billing says is worth what the ledger says and the difference. So the sums tie to the cent.
CREATE TEMPORARY TABLE compared ON COMMIT DROP AS
WITH billed AS (
    -- An id that was unknown when the file came may be known by now; mergers and trees count as in every figure.
    SELECT coalesce(l.root_id, a.id) AS account_id, CASE WHEN a.id IS NULL THEN b.external_id END AS unknown_id, b.currency,
           sum(b.mrr_minor)::bigint AS amount, min(b.row) AS line
      FROM metrics_reconciliationrow b
      LEFT JOIN accounts_account a ON a.external_id = b.external_id
      LEFT JOIN logo l ON l.account_id = a.id
     WHERE b.reconciliation_id = %(reconciliation)s
     GROUP BY 1, 2, 3
), booked AS (
    SELECT p.account_id, p.currency, sum(p.mrr_minor)::bigint AS amount, sum(round(p.mrr_minor * r.rate))::bigint AS here,
           count(*) AS periods
      FROM period p JOIN rate r ON r.currency = p.currency AND r.m = %(m)s
     WHERE p.from_m <= %(m)s AND p.to_m > %(m)s
     GROUP BY 1, 2
), side AS (
    SELECT coalesce(b.account_id, k.account_id) AS account_id, b.unknown_id, coalesce(b.currency, k.currency) AS currency, b.line,
           coalesce(b.amount, 0) AS billed, coalesce(k.amount, 0) AS booked, coalesce(k.here, 0) AS here, coalesce(k.periods, 0) AS periods
      FROM billed b FULL JOIN booked k ON k.account_id = b.account_id AND k.currency = b.currency
)
SELECT s.*, r.rate IS NULL AS without_rate, coalesce(round((s.billed - s.booked) * r.rate), 0)::bigint AS difference,
       -- The class is the account's: it agrees when each of its currencies does.
       CASE WHEN bool_and(s.billed = s.booked) OVER whose THEN 'agreed'
            WHEN sum(s.booked) OVER whose = 0 THEN 'only_there'
            WHEN sum(s.billed) OVER whose = 0 THEN 'only_here'
            ELSE 'other_amount' END AS kind
  FROM side s
  LEFT JOIN rate r ON r.currency = s.currency AND r.m = %(m)s
WINDOW whose AS (PARTITION BY s.account_id, s.unknown_id);
