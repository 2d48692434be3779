-- Rows of a reconciliation from the staged ones; several of one account and currency are added up, as lines of invoices are.
INSERT INTO metrics_reconciliationrow (id, tenant_id, reconciliation_id, external_id, account_id, mrr_minor, currency, row)
SELECT uuidv7(), %(tenant_id)s, t.reconciliation_id, t.external_id, a.id, sum(t.mrr_minor), t.currency, min(t.row)
  FROM billing_row t LEFT JOIN accounts_account a ON a.external_id = t.external_id
 GROUP BY t.reconciliation_id, t.external_id, a.id, t.currency
ON CONFLICT (tenant_id, reconciliation_id, external_id, currency)
DO UPDATE SET mrr_minor = metrics_reconciliationrow.mrr_minor + excluded.mrr_minor;
