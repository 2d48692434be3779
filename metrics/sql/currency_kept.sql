-- Amounts that are kept in the reporting currency, each with the day whose rate it is valued at: acquisition costs at the
-- signature, values of outcomes when they were agreed, targets at their month, deals and renewals when they closed, save plays when
-- they were opened.
SELECT 'cac' AS kind, a.id AS key, a.cac_minor::numeric AS amount, coalesce(a.signed_on, a.customer_since) AS day
  FROM accounts_account a WHERE a.cac_minor IS NOT NULL
UNION ALL
SELECT 'outcome', o.id, o.value_minor, coalesce(o.agreed_on, o.due_on) FROM health_outcome o WHERE o.value_minor IS NOT NULL
UNION ALL
SELECT 'target', t.id, t.value, t.month FROM metrics_metrictarget t WHERE t.metric = ANY (%(money_metrics)s)
UNION ALL
SELECT 'deal', d.id, d.won_mrr, d.closed_on FROM expansion_opportunity d WHERE d.won_mrr IS NOT NULL
UNION ALL
SELECT 'due', r.id, r.due_mrr, r.closed_on FROM renewals_renewal r WHERE r.due_mrr IS NOT NULL
UNION ALL
SELECT 'kept', r.id, r.kept_mrr, r.closed_on FROM renewals_renewal r WHERE r.kept_mrr IS NOT NULL
UNION ALL
SELECT 'save', p.id, p.mrr_minor, p.opened_on FROM renewals_saveplay p;
