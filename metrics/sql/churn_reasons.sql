-- How many customers left for which reason, and what they paid, by the quarter of the month that they left in.
SELECT category, coalesce(reason, '') AS reason, date_trunc('quarter', month)::date AS quarter, count(*)::int AS customers,
       sum(mrr)::bigint AS mrr
  FROM lost
 WHERE month >= %(since)s
 GROUP BY 1, 2, 3;
