-- Accounts whose first paid month lies 24 months or more back, at that age (MET-13).
SELECT t.month AS as_of_month, count(*) AS customers, count(*) FILTER (WHERE a.mrr > 0) AS survivors,
       coalesce(sum(a.mrr), 0) AS later_mrr, coalesce(sum(a.first_mrr_now) FILTER (WHERE a.mrr > 0), 0) AS first_mrr_of_survivors,
       coalesce(sum(a.first_mrr_now), 0) AS first_mrr
  FROM (SELECT DISTINCT month FROM {account_month} WHERE month BETWEEN %(from_month)s AND %(to_month)s) t
  JOIN {account_month} a ON a.month = (a.first_month + interval '24 months')::date AND a.month <= t.month
  JOIN accounts_account x ON x.id = a.account_id
  LEFT JOIN accounts_segment s ON s.id = x.segment_id
 WHERE %(segment)s = '' OR s.name = %(segment)s
 GROUP BY t.month
 ORDER BY t.month;
