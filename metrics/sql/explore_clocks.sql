-- How long the customers waited that signed in a month, on one clock (MET-14); attributes as of the day they signed.
SELECT date_trunc('month', r.signed_on)::date AS month, e.value, grouping(e.value) = 1 AS total, r.reached, r.days,
       count(*) AS accounts
  FROM {running} r
  JOIN explored e ON e.account_id = r.account_id AND r.signed_on >= e.since AND r.signed_on < e.until
 WHERE r.clock = %(clock)s
 GROUP BY GROUPING SETS ((1, r.reached, r.days), (1, e.value, r.reached, r.days));
