-- Deals that were open at the end of each month, a year's money at that month's rate (MET-22); attributes as of that day.
SELECT m.month::date AS month, e.value, grouping(e.value) = 1 AS total, count(*) AS deals,
       sum(round(d.amount_minor * f.rate)) AS year
  FROM unnest(%(months)s::date[]) m (month)
 CROSS JOIN LATERAL (SELECT (m.month + interval '1 month')::date - 1 AS day,
                            (date_part('year', m.month) * 12 + date_part('month', m.month) - 1)::int AS number) at
  JOIN expansion_opportunity d ON d.identified_on <= at.day AND (d.closed_on IS NULL OR d.closed_on > at.day)
  JOIN rate f ON f.currency = d.currency AND f.m = at.number
  JOIN explored e ON e.account_id = d.account_id AND at.day >= e.since AND at.day < e.until
 GROUP BY GROUPING SETS ((1), (1, 2));
