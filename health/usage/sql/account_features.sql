-- Each feature that is relevant to one account or was used in the weeks shown: events by week (1 is the latest), last use.
WITH used AS (
    SELECT feature_id, (%(last)s::date - day) / 7 + 1 AS week, sum(events) AS events, max(day) AS last_day
      FROM health_featureday
     WHERE tenant_id = %(tenant)s AND account_id = %(account)s AND day > %(last)s::date - 7 * %(weeks)s AND day <= %(last)s
     GROUP BY 1, 2
)
SELECT f.id, f.name, f.kind, r.id IS NOT NULL AS relevant, sum(u.events) AS events, max(u.last_day) AS last_day,
       array_agg(u.week) AS weeks, array_agg(u.events) AS events_by_week
  FROM accounts_feature f
  LEFT JOIN accounts_accountfeature r ON r.tenant_id = %(tenant)s AND r.feature_id = f.id AND r.account_id = %(account)s
  LEFT JOIN used u ON u.feature_id = f.id
 WHERE f.tenant_id = %(tenant)s AND (r.id IS NOT NULL OR u.feature_id IS NOT NULL)
 GROUP BY f.id, f.name, f.kind, r.id
 ORDER BY f.kind DESC, sum(u.events) DESC NULLS LAST, f.name
