-- The questions as the families need them: one row of `wanted` is one score to be made.
-- `until` ends the day in the tenant's zone, `known_until` the day of what is known; what happened or became known later
-- does not exist for the row.
ANALYZE wanted;
CREATE TEMPORARY TABLE asked ON COMMIT DROP AS
WITH part AS MATERIALIZED (
    SELECT s.into_id, min(p.start_on) AS since
      FROM {standing} s
      JOIN accounts_subscription p ON p.account_id = s.id
     WHERE NOT p.voided AND p.mrr_minor > 0
     GROUP BY s.into_id
)
SELECT row_number() OVER (ORDER BY w.as_of, w.account_id)::int AS n, w.account_id, coalesce(m.model, 0)::int AS model,
       w.as_of, w.known_on, w.usage_day, timezone(%(zone)s, (w.as_of + 1)::timestamp) AS until, timezone(%(zone)s, (w.known_on + 1)::timestamp) AS known_until,
       coalesce(a.signed_on, least((SELECT min(p.start_on) FROM accounts_subscription p
                                     WHERE p.account_id = a.id AND NOT p.voided AND p.mrr_minor > 0), part.since)) AS started_on,
       (%(first_value_days)s::jsonb ->> coalesce(g.profile, 'mid_market'))::int AS first_value_days,
       date_trunc('month', (w.usage_day - 27)::timestamp)::date AS users_from
  FROM wanted w
  JOIN accounts_account a ON a.id = w.account_id
  LEFT JOIN accounts_segment g ON g.id = a.segment_id
  LEFT JOIN model_of m ON m.segment_id = a.segment_id
  LEFT JOIN part ON part.into_id = a.id
 WHERE coalesce(m.model, 0) = ANY(%(models)s);
ANALYZE asked;

-- What is the same for all accounts of a day: which sources speak at all, and how many features anybody has used.
CREATE TEMPORARY TABLE moment ON COMMIT DROP AS
SELECT d.*,
       EXISTS (SELECT FROM health_accountday u WHERE u.day <= d.usage_day AND u.known_on <= d.known_on) AS has_usage,
       -- Asked once for all days: the first day that anything was known.
       coalesce((SELECT min(t.known_on) FROM health_ticket t) <= d.known_on, false) AS has_tickets,
       coalesce((SELECT min(t.known_on) FROM health_touchpoint t WHERE t.kind IN ('feedback', 'community')) <= d.known_on, false)
           AS has_feedback,
       (SELECT count(*) FROM accounts_feature f
         WHERE EXISTS (SELECT FROM health_featureday u
                        WHERE u.feature_id = f.id AND u.day <= d.usage_day AND u.known_on <= d.known_on)) AS features
  FROM (SELECT DISTINCT as_of, known_on, usage_day FROM asked) d;
ANALYZE moment;
