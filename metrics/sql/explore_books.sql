-- Paying customers that have a CSM, and how many CSMs they have, at the end of each month (MET-22, MET-19).
SELECT a.month, e.value, grouping(e.value) = 1 AS total, count(*) AS customers, sum(a.mrr) AS mrr,
       count(DISTINCT o.value) AS csms
  FROM {account_month} a
 CROSS JOIN LATERAL (SELECT (a.month + interval '1 month')::date - 1 AS day) at
  JOIN explored e ON e.account_id = a.account_id AND at.day >= e.since AND at.day < e.until
  JOIN history o ON o.account_id = a.account_id AND o.attribute = 'owner' AND o.value <> ''
   AND at.day >= o.since AND at.day < o.until
 WHERE a.month = ANY (%(months)s::date[]) AND a.mrr > 0
 GROUP BY GROUPING SETS ((a.month), (a.month, e.value));
