-- Rows of the retention table, of as many pairs of window and dimension as are asked; segments and owners by the names
-- they have now.
SELECT r."window", r.dimension, r.month, coalesce(s.name, m.name, r.value) AS value,
       sum(opening_mrr) AS opening_mrr, sum(fx_effect) AS fx_effect, sum(new_mrr) AS new_mrr,
       sum(expansion_mrr) AS expansion_mrr, sum(contraction_mrr) AS contraction_mrr, sum(churned_mrr) AS churned_mrr,
       sum(reactivation_mrr) AS reactivation_mrr, sum(closing_mrr) AS closing_mrr,
       sum(opening_customers) AS opening_customers, sum(new_customers) AS new_customers,
       sum(expanded_customers) AS expanded_customers, sum(contracted_customers) AS contracted_customers,
       sum(churned_customers) AS churned_customers, sum(reactivated_customers) AS reactivated_customers,
       sum(closing_customers) AS closing_customers
  FROM {retention_month} r
  LEFT JOIN accounts_segment s ON r.dimension = 'segment' AND s.id::text = r.value
  LEFT JOIN accounts_member m ON r.dimension = 'owner' AND m.id::text = r.value
 WHERE r.month BETWEEN %(from_month)s AND %(to_month)s
   AND (r."window", r.dimension) IN (SELECT * FROM unnest(%(windows)s::int[], %(dimensions)s::text[]))
 GROUP BY r."window", r.dimension, r.month, coalesce(s.name, m.name, r.value)
 ORDER BY r."window", r.dimension, r.month, 4;
