-- Who used the product at one account in the window, the most active first, with all there were.
WITH users AS (
    SELECT m.user_id, m.month, bit_or(m.days) AS days, bit_or(m.core_days) AS core_days
      FROM health_usermonth m
     WHERE m.tenant_id = %(tenant)s AND m.account_id = %(account)s AND m.month = ANY (%(months)s::date[])
     GROUP BY m.user_id, m.month
), seen AS (
    SELECT u.user_id, sum(bit_count((u.days & w.mask)::bit(32))) AS active_days,
           sum(bit_count((u.core_days & w.mask)::bit(32))) AS core_days,
           max((u.month + 32 - position(B'1' IN (u.days & w.mask)::bit(32)))::date) FILTER (WHERE u.days & w.mask <> 0) AS last_day
      FROM users u JOIN unnest(%(months)s::date[], %(masks)s::int[]) w(month, mask) ON w.month = u.month
     GROUP BY u.user_id
)
SELECT p.external_id, s.active_days, s.core_days, s.last_day, p.first_day, count(*) OVER () AS found
  FROM seen s JOIN health_usageuser p ON p.tenant_id = %(tenant)s AND p.id = s.user_id
 WHERE s.active_days > 0
 ORDER BY s.active_days DESC, s.last_day DESC, p.external_id
 LIMIT %(limit)s
