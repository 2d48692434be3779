-- Billing's rows of each upload beside the paid periods of its month, by account and contract currency: `compared` for this
-- transaction.
-- Same money in the same currency agrees, whatever either side rounds when it converts: what differs is converted once, at
-- the month's rate, and what billing says is worth what the ledger says and the difference. So the sums tie to the cent.
CREATE TEMPORARY TABLE compared ON COMMIT DROP AS
WITH asked AS (
    SELECT * FROM unnest(%(reconciliations)s::uuid[], %(months)s::int[]) a (reconciliation_id, m)
), billed AS (
    -- An id that was unknown when the file came may be known by now; mergers and trees count as in every figure.
    SELECT b.reconciliation_id, coalesce(l.root_id, a.id) AS account_id,
           CASE WHEN a.id IS NULL THEN b.external_id END AS unknown_id, b.currency,
           sum(b.mrr_minor)::bigint AS amount, min(b.row) AS line
      FROM metrics_reconciliationrow b
      LEFT JOIN accounts_account a ON a.external_id = b.external_id
      LEFT JOIN logo l ON l.account_id = a.id
     WHERE b.reconciliation_id = ANY (%(reconciliations)s)
     GROUP BY 1, 2, 3, 4
), booked AS (
    SELECT q.reconciliation_id, p.account_id, p.currency, sum(p.mrr_minor)::bigint AS amount,
           sum(round(p.mrr_minor * r.rate))::bigint AS here, count(*) AS periods
      FROM asked q
      JOIN period p ON p.from_m <= q.m AND p.to_m > q.m
      JOIN rate r ON r.currency = p.currency AND r.m = q.m
     GROUP BY 1, 2, 3
), side AS (
    SELECT coalesce(b.reconciliation_id, k.reconciliation_id) AS reconciliation_id,
           coalesce(b.account_id, k.account_id) AS account_id, b.unknown_id, coalesce(b.currency, k.currency) AS currency, b.line,
           coalesce(b.amount, 0) AS billed, coalesce(k.amount, 0) AS booked, coalesce(k.here, 0) AS here, coalesce(k.periods, 0) AS periods
      FROM billed b FULL JOIN booked k ON k.reconciliation_id = b.reconciliation_id AND k.account_id = b.account_id AND k.currency = b.currency
)
SELECT s.*, r.rate IS NULL AS without_rate,
       -- Nothing is worth nothing: without money of billing the difference is the ledger's amount as it stands, to the cent.
       CASE WHEN s.billed = 0 THEN -s.here ELSE coalesce(round((s.billed - s.booked) * r.rate), 0)::bigint END AS difference,
       -- The class is the account's: it agrees when each of its currencies does.
       CASE WHEN bool_and(s.billed = s.booked) OVER whose THEN 'agreed'
            WHEN sum(s.booked) OVER whose = 0 THEN 'only_there'
            WHEN sum(s.billed) OVER whose = 0 THEN 'only_here'
            ELSE 'other_amount' END AS kind
  FROM side s
  JOIN asked q ON q.reconciliation_id = s.reconciliation_id
  LEFT JOIN rate r ON r.currency = s.currency AND r.m = q.m
WINDOW whose AS (PARTITION BY s.reconciliation_id, s.account_id, s.unknown_id);
