-- The usage family: users, quantities, features, sessions and seats of each question's windows.
CREATE TEMPORARY TABLE got_usage ON COMMIT DROP AS
WITH
    -- first_day and last_day bound the usage days of all questions: with them an index leaves out the other years.
    -- Users of 28 days, from the day bits: bit 0 is the first of the 28 days, bit 27 the last; the week is bits 21 to 27.
    people AS (
        SELECT n, count(*) AS month_users, count(*) FILTER (WHERE bits >= 1 << 21) AS week_users,
               sum(bit_count(bits::bit(64))) AS user_days, count(*) FILTER (WHERE core <> 0) AS core_users
          FROM (SELECT q.n,
                       bit_or(CASE WHEN o.off >= 0 THEN u.days::bigint << o.off ELSE u.days::bigint >> -o.off END) & 268435455 AS bits,
                       bit_or(CASE WHEN o.off >= 0 THEN u.core_days::bigint << o.off ELSE u.core_days::bigint >> -o.off END)
                           & 268435455 AS core
                  FROM asked q
                  JOIN health_usermonth u ON u.account_id = q.account_id AND u.month >= q.users_from AND u.month <= q.usage_day
                                         AND u.known_on <= q.known_on
                                         AND u.month >= %(first_day)s::date - 58 AND u.month <= %(last_day)s
                 CROSS JOIN LATERAL (SELECT u.month - (q.usage_day - 27) AS off) o
                 GROUP BY q.n, u.user_id) each_user
         WHERE bits <> 0
         GROUP BY n
    ),
    -- Quantity of the window and of the one before; sessions of 28 days.
    days AS (
        SELECT q.n, max(d.day) AS last_day,
               sum(d.quantity) FILTER (WHERE d.day > q.usage_day - %(usage_trend)s) AS now_quantity,
               sum(d.quantity) FILTER (WHERE d.day <= q.usage_day - %(usage_trend)s
                                         AND d.day > q.usage_day - 2 * %(usage_trend)s) AS before_quantity,
               sum(d.sessions) FILTER (WHERE d.day > q.usage_day - 28) AS sessions,
               sum(d.session_seconds) FILTER (WHERE d.day > q.usage_day - 28) AS session_seconds
          FROM asked q
          JOIN health_accountday d ON d.account_id = q.account_id AND d.day <= q.usage_day
                                  AND d.day > q.usage_day - greatest(2 * %(usage_trend)s, 28) AND d.known_on <= q.known_on
                                  AND d.day > %(first_day)s::date - greatest(2 * %(usage_trend)s, 28) AND d.day <= %(last_day)s
         GROUP BY q.n
    ),
    -- Features of the window: account by account, which the key serves in half the time that one large join takes.
    used_features AS (
        SELECT q.n, f.used
          FROM asked q
         CROSS JOIN LATERAL (SELECT count(DISTINCT d.feature_id) AS used
                               FROM health_featureday d
                              WHERE d.account_id = q.account_id AND d.day <= q.usage_day
                                AND d.day > q.usage_day - %(feature_breadth)s AND d.known_on <= q.known_on) f
    ),
    -- Where the account has a list of its own: how long it is, and how much of it is used.
    relevant_features AS (
        SELECT q.n, count(*) AS relevant,
               count(*) FILTER (WHERE EXISTS (SELECT FROM health_featureday d
                                               WHERE d.account_id = q.account_id AND d.feature_id = r.feature_id
                                                 AND d.day <= q.usage_day AND d.day > q.usage_day - %(feature_breadth)s
                                                 AND d.known_on <= q.known_on)) AS used
          FROM asked q
          JOIN accounts_accountfeature r ON r.account_id = q.account_id
         GROUP BY q.n
    ),
    -- Who pays for the account: it and those that were merged into it.
    payer AS (
        SELECT q.n, q.as_of, q.known_on, q.known_until, q.account_id FROM asked q
        UNION ALL
        SELECT q.n, q.as_of, q.known_on, q.known_until, s.id FROM asked q JOIN {standing} s ON s.into_id = q.account_id
    ),
    -- Seats of the periods that ran on the day, each by the version that was known: one told later counts from then on. A
    -- file of history, and what is told within two days, tell what was known when the period began (health/known.py).
    -- Example: 10 seats from 1 January (a file of June), 20 told on 1 May: 10 on 30 April, 20 on 1 May.
    seats AS (
        SELECT n, sum(seats) AS seats
          FROM (SELECT DISTINCT ON (q.n, c.subscription_id) q.n, q.as_of, c.seats, c.start_on, c.voided,
                       least(c.end_on, c.past_due_on + %(dunning_days)s::int) AS until
                  FROM payer q
                  JOIN accounts_subscriptionchange c
                    ON c.account_id = q.account_id
                   AND (c.recorded_at < q.known_until
                        OR c.kind = 'created' AND c.start_on <= q.known_on
                           AND (c.source = 'import' OR timezone(%(zone)s, c.recorded_at)::date - c.start_on <= 2))
                 ORDER BY q.n, c.subscription_id, c.recorded_at DESC, c.id DESC) s
         WHERE NOT voided AND seats > 0 AND start_on <= as_of AND (until IS NULL OR until > as_of)
         GROUP BY n
    )
SELECT q.n, coalesce(p.month_users, 0) > 0 AS active,
       CASE WHEN d.before_quantity > 0
            THEN (coalesce(d.now_quantity, 0) / d.before_quantity - 1)::float8 END AS usage_trend,
       -- Somebody used it once and nobody does now: 0%%, not unknown.
       CASE WHEN p.month_users > 0 THEN p.user_days::float8 / 28 / p.month_users WHEN l.day IS NOT NULL THEN 0 END AS stickiness,
       -- Seats are paid and the tenant sends usage, so silence is an answer.
       CASE WHEN s.seats > 0 AND m.has_usage THEN coalesce(p.week_users, 0)::float8 / s.seats END AS seat_activity,
       CASE WHEN l.day IS NULL THEN NULL
            WHEN r.relevant > 0 THEN r.used::float8 / r.relevant
            WHEN m.features > 0 THEN coalesce(f.used, 0)::float8 / m.features END AS feature_breadth,
       CASE WHEN p.month_users > 0 THEN p.core_users::float8 / p.month_users END AS core_adoption,
       CASE WHEN p.month_users > 0 AND d.sessions > 0 THEN d.sessions::float8 / p.month_users / 4 END AS session_frequency,
       CASE WHEN d.sessions > 0 THEN d.session_seconds::float8 / 60 / d.sessions END AS session_minutes,
       (q.usage_day - l.day)::float8 AS recency
  FROM asked q
  JOIN moment m USING (as_of, known_on, usage_day)
  LEFT JOIN people p USING (n)
  LEFT JOIN days d USING (n)
  LEFT JOIN used_features f USING (n)
  LEFT JOIN relevant_features r USING (n)
  LEFT JOIN seats s USING (n)
  -- The last day of use, looked for further back only where the windows are empty.
  LEFT JOIN LATERAL (SELECT coalesce(d.last_day, (SELECT u.day FROM health_accountday u
                                                   WHERE d.n IS NULL AND u.account_id = q.account_id AND u.day <= q.usage_day
                                                     AND u.known_on <= q.known_on ORDER BY u.day DESC LIMIT 1)) AS day) l ON true;
