-- What renewals were due and kept, by the month in which they came due (HLT-10, MET-22); attributes as of the day before.
SELECT date_trunc('month', r.due_on)::date AS month, e.value, grouping(e.value) = 1 AS total, count(*) AS renewals,
       sum(r.due_mrr) AS due, sum(least(r.kept_mrr, r.due_mrr)) AS kept
  FROM renewals_renewal r
  JOIN explored e ON e.account_id = r.account_id AND r.due_on - 1 >= e.since AND r.due_on - 1 < e.until
 WHERE r.state = ANY (%(ends)s) AND r.due_on BETWEEN %(first)s AND %(last)s
   AND r.due_mrr IS NOT NULL AND r.kept_mrr IS NOT NULL
 GROUP BY GROUPING SETS ((1), (1, 2));
