-- Users and user-days by month (HLT-07): days are bits of a month; `daily` is their number per day of the month.
WITH used AS (
    SELECT m.account_id, m.month, m.user_id, bit_or(m.days) AS days, bit_or(m.core_days) AS core_days
      FROM health_usermonth m
     WHERE m.month BETWEEN %(from_month)s AND %(to_month)s AND m.known_on <= %(known_on)s
     GROUP BY m.account_id, m.month, m.user_id
), counted AS (
    SELECT account_id, month, (month + interval '1 month')::date - 1 AS last_day, count(*) AS users,
           count(*) FILTER (WHERE core_days <> 0) AS core_users, sum(bit_count(days::bit(32))) AS user_days
      FROM used WHERE days <> 0 GROUP BY account_id, month
)
SELECT u.month, e.value, grouping(e.value) = 1 AS total, sum(u.users) AS users, sum(u.core_users) AS core_users,
       sum(u.user_days / extract(day FROM u.last_day)) AS daily
  FROM counted u
  JOIN explored e ON e.account_id = u.account_id AND u.last_day >= e.since AND u.last_day < e.until
 GROUP BY GROUPING SETS ((u.month), (u.month, e.value));
