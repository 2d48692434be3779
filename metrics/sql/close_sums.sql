-- Copies what is known of a month into its close: both kept windows, every dimension.
INSERT INTO metrics_closedsums
       (tenant_id, close_id, month, "window", dimension, value, opening_mrr, fx_effect, new_mrr, expansion_mrr, contraction_mrr,
        churned_mrr, reactivation_mrr, closing_mrr, opening_customers, new_customers, expanded_customers,
        contracted_customers, churned_customers, reactivated_customers, closing_customers)
SELECT tenant_id, %(close_id)s, month, "window", dimension, value, opening_mrr, fx_effect, new_mrr, expansion_mrr,
       contraction_mrr, churned_mrr, reactivation_mrr, closing_mrr, opening_customers, new_customers, expanded_customers,
       contracted_customers, churned_customers, reactivated_customers, closing_customers
  FROM metrics_retentionmonth
 WHERE tenant_id = %(tenant_id)s AND month = %(month)s AND "window" = ANY(%(windows)s);
