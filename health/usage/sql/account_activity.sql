-- Distinct users and their user-days in the windows of one account: 28, 7 and 1 days, and the 28 days before.
WITH users AS (
    SELECT m.user_id, m.month, bit_or(m.days) AS days, bit_or(m.core_days) AS core_days
      FROM health_usermonth m
     WHERE m.tenant_id = %(tenant)s AND m.account_id = %(account)s AND m.month = ANY (%(months)s::date[])
     GROUP BY m.user_id, m.month
), seen AS (
    SELECT u.user_id, u.days & w.m28 AS d28, u.days & w.m7 AS d7, u.days & w.m1 AS d1, u.days & w.p28 AS p28,
           u.core_days & w.m28 AS core
      FROM users u
      JOIN unnest(%(months)s::date[], %(m28)s::int[], %(m7)s::int[], %(m1)s::int[], %(p28)s::int[])
           w(month, m28, m7, m1, p28) ON w.month = u.month
)
SELECT count(DISTINCT user_id) FILTER (WHERE d28 <> 0) AS users_28, count(DISTINCT user_id) FILTER (WHERE d7 <> 0) AS users_7,
       count(DISTINCT user_id) FILTER (WHERE d1 <> 0) AS users_1, count(DISTINCT user_id) FILTER (WHERE p28 <> 0) AS users_before,
       count(DISTINCT user_id) FILTER (WHERE core <> 0) AS core_users,
       coalesce(sum(bit_count(d28::bit(32))), 0) AS daily, coalesce(sum(bit_count(p28::bit(32))), 0) AS daily_before
  FROM seen
