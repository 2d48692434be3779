-- One account beside the accounts of its segment that were active in the 28 days: medians of what can be compared.
-- Seats are those of an account and of what was merged into it, until nobody pays for them any more.
WITH peers AS (
    SELECT id FROM accounts_account
     WHERE tenant_id = %(tenant)s AND segment_id IS NOT DISTINCT FROM %(segment)s::uuid AND merged_into_id IS NULL
), users AS (
    SELECT m.account_id, m.user_id, m.month, bit_or(m.days) AS days, bit_or(m.core_days) AS core_days
      FROM health_usermonth m JOIN peers p ON p.id = m.account_id
     WHERE m.tenant_id = %(tenant)s AND m.month = ANY (%(months)s::date[])
     GROUP BY 1, 2, 3
), active AS (
    SELECT u.account_id, count(DISTINCT u.user_id) AS users, sum(bit_count((u.days & w.m28)::bit(32))) AS daily,
           count(DISTINCT u.user_id) FILTER (WHERE u.days & w.m7 <> 0) AS weekly,
           count(DISTINCT u.user_id) FILTER (WHERE u.core_days & w.m28 <> 0) AS core_users
      FROM users u
      JOIN unnest(%(months)s::date[], %(m28)s::int[], %(m7)s::int[]) w(month, m28, m7) ON w.month = u.month
     WHERE u.days & w.m28 <> 0
     GROUP BY u.account_id
), seats AS (
    SELECT o.account_id, sum(s.seats) AS seats
      FROM (SELECT p.id AS account_id, p.id AS payer FROM peers p
            UNION ALL
            SELECT w.into_id, w.id FROM {standing} w JOIN peers p ON p.id = w.into_id) o
      JOIN accounts_subscription s ON s.account_id = o.payer
     CROSS JOIN LATERAL (SELECT least(s.end_on, s.past_due_on + %(dunning_days)s::int) AS until) e
     WHERE s.tenant_id = %(tenant)s AND NOT s.voided AND date_trunc('month', s.start_on) <= %(month)s::date
       AND (e.until IS NULL OR date_trunc('month', e.until) > %(month)s::date)
     GROUP BY o.account_id
), features AS (
    SELECT f.account_id, count(DISTINCT f.feature_id) AS features
      FROM active a JOIN health_featureday f ON f.account_id = a.account_id
     WHERE f.tenant_id = %(tenant)s AND f.day > %(last)s::date - 90 AND f.day <= %(last)s
     GROUP BY f.account_id
), sessions AS (
    SELECT d.account_id, sum(d.sessions) AS sessions, sum(d.session_seconds) AS seconds
      FROM active a JOIN health_accountday d ON d.account_id = a.account_id
     WHERE d.tenant_id = %(tenant)s AND d.day > %(last)s::date - 28 AND d.day <= %(last)s
     GROUP BY d.account_id
), figures AS (
    SELECT a.account_id, a.daily::float / (28 * a.users) AS stickiness, a.weekly::float / nullif(s.seats, 0) AS seats,
           a.core_users::float / a.users AS core, f.features::float AS features, n.sessions::float / a.users AS sessions,
           n.seconds / 60.0 / nullif(n.sessions, 0) AS minutes
      FROM active a LEFT JOIN seats s USING (account_id) LEFT JOIN features f USING (account_id)
      LEFT JOIN sessions n USING (account_id)
)
SELECT count(*) AS accounts,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY stickiness) AS stickiness,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY seats) AS seats,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY core) AS core,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY features) AS features,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY sessions) AS sessions,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY minutes) AS minutes
  FROM figures
