-- The sums of each comparison by class, in the reporting currency; what no rate converts stands apart, in its own currency.
SELECT reconciliation_id, kind, CASE WHEN without_rate THEN currency ELSE '' END AS left_out,
       count(DISTINCT coalesce(account_id::text, unknown_id)) AS accounts,
       sum(CASE WHEN without_rate THEN billed ELSE here + difference END)::bigint AS billed,
       sum(here)::bigint AS booked, sum(difference)::bigint AS difference
  FROM compared
 GROUP BY 1, 2, 3
 ORDER BY 1, 2, 3;
