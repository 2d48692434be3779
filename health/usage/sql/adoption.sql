-- How far each feature of the catalogue is adopted: accounts, and users counted once a day, in the 28 and 90 days that
-- end with `last`; and its first and last day of use ever, which the index answers.
WITH used AS (
    SELECT feature_id, account_id, max(day) AS last_day, sum(users) AS user_days,
           sum(users) FILTER (WHERE day > %(last)s::date - 28) AS user_days_28,
           sum(events) AS events
      FROM health_featureday
     WHERE day > %(last)s::date - 90 AND day <= %(last)s
     GROUP BY feature_id, account_id
), summed AS (
    SELECT feature_id, count(*) AS accounts_90, count(*) FILTER (WHERE last_day > %(last)s::date - 28) AS accounts_28,
           sum(user_days) AS user_days_90, coalesce(sum(user_days_28), 0) AS user_days_28, sum(events) AS events_90
      FROM used GROUP BY feature_id
), relevant AS (
    SELECT feature_id, count(*) AS accounts FROM accounts_accountfeature GROUP BY feature_id
)
SELECT f.id, f.key, f.name, f.kind, coalesce(s.accounts_28, 0)::int AS accounts_28, coalesce(s.accounts_90, 0)::int AS accounts_90,
       coalesce(s.user_days_28, 0)::bigint AS user_days_28, coalesce(s.user_days_90, 0)::bigint AS user_days_90,
       coalesce(s.events_90, 0)::bigint AS events_90, coalesce(r.accounts, 0)::int AS relevant,
       (SELECT min(d.day) FROM health_featureday d WHERE d.tenant_id = f.tenant_id AND d.feature_id = f.id) AS first_day,
       (SELECT max(d.day) FROM health_featureday d WHERE d.tenant_id = f.tenant_id AND d.feature_id = f.id) AS last_day
  FROM accounts_feature f
  LEFT JOIN summed s ON s.feature_id = f.id
  LEFT JOIN relevant r ON r.feature_id = f.id
 ORDER BY accounts_90 DESC, user_days_90 DESC, f.name;
