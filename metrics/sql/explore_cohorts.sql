-- Customers at the age of 24 months, by the month in which they reached it (MET-13); attributes as of their first month.
SELECT a.month, e.value, grouping(e.value) = 1 AS total,
       count(*) FILTER (WHERE a.mrr > 0) AS survivors, coalesce(sum(a.mrr), 0) AS later,
       coalesce(sum(a.first_mrr_now) FILTER (WHERE a.mrr > 0), 0) AS first
  FROM {account_month} a
  JOIN explored e ON e.account_id = a.account_id
   AND (a.first_month + interval '1 month')::date - 1 >= e.since AND (a.first_month + interval '1 month')::date - 1 < e.until
 WHERE a.month = (a.first_month + interval '24 months')::date AND a.month <= %(to_month)s
 GROUP BY GROUPING SETS ((a.month), (a.month, e.value));
