-- Paying customers at the end of each month, and of them those with a user on one of its last seven days (MET-24): bit n of
-- the days of a month is day n + 1.
SELECT a.month, e.value, grouping(e.value) = 1 AS total, count(*) AS customers, count(*) FILTER (WHERE w.used) AS active
  FROM {account_month} a
 CROSS JOIN LATERAL (SELECT (a.month + interval '1 month')::date - 1 AS day) at
  JOIN explored e ON e.account_id = a.account_id AND at.day >= e.since AND at.day < e.until
 CROSS JOIN LATERAL (SELECT EXISTS (
           SELECT FROM health_usermonth u
            WHERE u.account_id = a.account_id AND u.month = a.month AND u.known_on <= %(known_on)s
              AND u.days & (127 << (extract(day FROM at.day)::int - 7)) <> 0) AS used) w
 WHERE a.month = ANY (%(months)s::date[]) AND a.mrr > 0
 GROUP BY GROUPING SETS ((a.month), (a.month, e.value));
