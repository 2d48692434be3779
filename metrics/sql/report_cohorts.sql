-- Cohorts; of one segment (as accounts are in it now) they are counted from the snapshot.
SELECT cohort_month, month, cohort_customers, active_customers, cohort_mrr, active_mrr, capped_mrr
  FROM {cohort_month}
 WHERE %(segment)s = '' AND cohort_month >= %(from_month)s AND month <= %(to_month)s
UNION ALL
SELECT a.first_month, a.month, count(*), count(*) FILTER (WHERE a.mrr > 0), sum(a.first_mrr_now), sum(a.mrr),
       sum(least(a.mrr, a.first_mrr_now))
  FROM {account_month} a
  JOIN accounts_account x ON x.id = a.account_id
  JOIN accounts_segment s ON s.id = x.segment_id AND s.name = %(segment)s
 WHERE a.first_month >= %(from_month)s AND a.month <= %(to_month)s
 GROUP BY a.first_month, a.month
 ORDER BY 1, 2;
