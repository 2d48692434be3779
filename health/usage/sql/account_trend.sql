-- Each day from `first` to `last`: distinct users, events and sessions of one account; days without any as well.
WITH users AS (
    SELECT user_id, month, bit_or(days) AS days
      FROM health_usermonth
     WHERE tenant_id = %(tenant)s AND account_id = %(account)s AND month BETWEEN date_trunc('month', %(first)s::date) AND %(last)s
     GROUP BY user_id, month
)
SELECT d.day::date AS day,
       (SELECT count(*) FROM users u
         WHERE u.month = date_trunc('month', d.day)::date AND u.days >> (extract(day FROM d.day)::int - 1) & 1 = 1) AS users,
       coalesce(sum(a.events), 0) AS events, coalesce(sum(a.sessions), 0) AS sessions,
       coalesce(sum(a.session_seconds), 0) AS seconds, coalesce(sum(a.quantity), 0) AS quantity
  FROM generate_series(%(first)s::date, %(last)s::date, interval '1 day') d(day)
  LEFT JOIN health_accountday a ON a.tenant_id = %(tenant)s AND a.account_id = %(account)s AND a.day = d.day::date
 GROUP BY d.day
 ORDER BY d.day
