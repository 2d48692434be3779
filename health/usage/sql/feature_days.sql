-- How much of each feature; a user counts in the row of the day on which their use of it became known first. For the
-- past, whose events are gone, the users of two pieces may be the same: the larger number stands, a lower bound.
WITH first_use AS (
    SELECT account_id, day, event, known_on, count(*) AS users
      FROM (SELECT account_id, day, event, user_ref, min(known_on) AS known_on
              FROM usage_raw WHERE user_ref <> '' GROUP BY account_id, day, event, user_ref) u
     GROUP BY account_id, day, event, known_on
), used AS (
    SELECT account_id, day, event, known_on, count(*) AS events, sum(quantity) AS quantity
      FROM usage_raw GROUP BY account_id, day, event, known_on
)
INSERT INTO health_featureday AS d (tenant_id, account_id, day, feature_id, known_on, events, quantity, users)
SELECT %(tenant)s, u.account_id, u.day, f.id, u.known_on, u.events, u.quantity, coalesce(n.users, 0)
  FROM used u
  JOIN accounts_feature f ON f.tenant_id = %(tenant)s AND f.key = u.event
  LEFT JOIN first_use n USING (account_id, day, event, known_on)
ON CONFLICT (tenant_id, account_id, day, feature_id, known_on) DO UPDATE
   SET events = EXCLUDED.events + CASE WHEN d.day < %(kept_from)s THEN d.events ELSE 0 END,
       quantity = EXCLUDED.quantity + CASE WHEN d.day < %(kept_from)s THEN d.quantity ELSE 0 END,
       users = CASE WHEN d.day < %(kept_from)s THEN greatest(d.users, EXCLUDED.users) ELSE EXCLUDED.users END
 WHERE d.day < %(kept_from)s
    OR (d.events, d.quantity, d.users) IS DISTINCT FROM (EXCLUDED.events, EXCLUDED.quantity, EXCLUDED.users)
