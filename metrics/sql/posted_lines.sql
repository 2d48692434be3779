-- The lines of the ledger, each with the currency that it was posted in: that before the first change after it, as
-- `currencies.with_currency` says it of models. Takes the place of a table.
SELECT t.*, coalesce((SELECT c.before FROM metrics_currencychange c WHERE c.since > t.recorded_at ORDER BY c.since LIMIT 1),
                     n.currency) AS currency
  FROM metrics_mrrmovement t JOIN accounts_tenant n ON n.id = t.tenant_id
