-- One row for each account and month with events: sums of its days up to `until`, as known on `known_on`.
WITH asked AS (
    SELECT a.id, a.external_id
      FROM accounts_account a LEFT JOIN accounts_segment s ON s.tenant_id = a.tenant_id AND s.id = a.segment_id
     WHERE a.tenant_id = %(tenant)s AND (%(segment)s = '' OR s.name = %(segment)s)
       AND (%(account)s::uuid IS NULL OR a.id = %(account)s::uuid)
), days AS (
    SELECT d.account_id, date_trunc('month', d.day)::date AS month, sum(d.events) AS event_rows,
           sum(d.quantity) AS quantity, count(DISTINCT d.day) AS active_days
      FROM health_accountday d JOIN asked a ON a.id = d.account_id
     WHERE d.tenant_id = %(tenant)s AND d.day BETWEEN %(since)s AND %(until)s AND d.known_on <= %(known_on)s
     GROUP BY 1, 2
), features AS (
    SELECT f.account_id, date_trunc('month', f.day)::date AS month, count(DISTINCT f.feature_id) AS features_used
      FROM health_featureday f JOIN asked a ON a.id = f.account_id
     WHERE f.tenant_id = %(tenant)s AND f.day BETWEEN %(since)s AND %(until)s AND f.known_on <= %(known_on)s
     GROUP BY 1, 2
), users AS (  -- the days of each user, late ones joined, those after `until` cut off
    SELECT m.account_id, m.month, m.user_id,
           bit_or(m.days) & CASE WHEN m.month = %(last_month)s THEN %(last_mask)s ELSE -1 END AS days
      FROM health_usermonth m JOIN asked a ON a.id = m.account_id
     WHERE m.tenant_id = %(tenant)s AND m.month BETWEEN %(before)s AND %(last_month)s AND m.known_on <= %(known_on)s
     GROUP BY 1, 2, 3
), months AS (
    SELECT account_id, month, count(*) AS active_users, sum(bit_count(days::bit(32))) AS daily_users
      FROM users WHERE days <> 0 GROUP BY 1, 2
), weeks AS (  -- the seven days that end with the month, or with `until`; early in a month they reach into the one before
    SELECT account_id, month, count(DISTINCT user_id) AS weekly
      FROM (SELECT account_id, month, user_id FROM users
             WHERE month < %(last_month)s
               AND days & (127 << (extract(day FROM month + interval '1 month' - interval '1 day')::int - 7)) <> 0
             UNION ALL
            SELECT u.account_id, %(last_month)s::date, u.user_id
              FROM users u JOIN unnest(%(week_months)s::date[], %(week_masks)s::int[]) w(month, mask) ON w.month = u.month
             WHERE u.days & w.mask <> 0) seen
     GROUP BY 1, 2
)
SELECT a.external_id AS account, d.month, d.event_rows, d.quantity, d.active_days, coalesce(m.active_users, 0) AS active_users,
       coalesce(m.daily_users, 0) AS daily_users, coalesce(w.weekly, 0) AS wau_at_month_end,
       coalesce(f.features_used, 0) AS features_used
  FROM days d
  JOIN asked a ON a.id = d.account_id
  LEFT JOIN months m USING (account_id, month)
  LEFT JOIN weeks w USING (account_id, month)
  LEFT JOIN features f USING (account_id, month)
 ORDER BY a.external_id, d.month
