-- The retention table as it was reported: of a month that Finance closed the sums of its latest close (`questions.last_closes`),
-- of the others those known now. What is known now of a closed month stands beside it under the window with a minus.
-- Takes the place of a table; has the columns that questions read.
WITH told AS (
    SELECT c.id, c.month
      FROM (SELECT DISTINCT ON (month) id, tenant_id, month, currency FROM metrics_monthclose ORDER BY month, version DESC) c
      JOIN accounts_tenant t ON t.id = c.tenant_id AND t.currency = c.currency
)
SELECT c.month, c."window", c.dimension, c.value, c.opening_mrr, c.fx_effect, c.new_mrr, c.expansion_mrr, c.contraction_mrr,
       c.churned_mrr, c.reactivation_mrr, c.closing_mrr, c.opening_customers, c.new_customers, c.expanded_customers,
       c.contracted_customers, c.churned_customers, c.reactivated_customers, c.closing_customers
  FROM metrics_closedsums c
 WHERE c.close_id IN (SELECT id FROM told)
UNION ALL
SELECT r.month, CASE WHEN t.id IS NULL THEN r."window" ELSE -r."window" END, r.dimension, r.value, r.opening_mrr, r.fx_effect, r.new_mrr, r.expansion_mrr, r.contraction_mrr,
       r.churned_mrr, r.reactivation_mrr, r.closing_mrr, r.opening_customers, r.new_customers, r.expanded_customers,
       r.contracted_customers, r.churned_customers, r.reactivated_customers, r.closing_customers
  FROM metrics_retentionmonth r
  LEFT JOIN told t ON t.month = r.month
