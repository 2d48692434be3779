-- Customers by the month they first paid in, month by month (METRICS 2, cohort tables).
INSERT INTO {cohort_month}
       (tenant_id, cohort_month, month, cohort_customers, active_customers, cohort_mrr, active_mrr, capped_mrr)
SELECT %(tenant_id)s, first_month, month, count(*), count(*) FILTER (WHERE mrr > 0), sum(first_mrr_now), sum(mrr),
       sum(least(mrr, first_mrr_now))
  FROM {account_month}
 WHERE month BETWEEN %(from_month)s AND %(to_month)s
 GROUP BY first_month, month;
