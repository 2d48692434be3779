-- One row for each account that had an event by `until`: the windows that end with the as-of day, as known on `known_on`.
WITH asked AS (
    SELECT a.id, a.external_id, l.last_day
      FROM accounts_account a
      LEFT JOIN accounts_segment s ON s.tenant_id = a.tenant_id AND s.id = a.segment_id
     CROSS JOIN LATERAL (
           SELECT d.day AS last_day FROM health_accountday d
            WHERE d.tenant_id = %(tenant)s AND d.account_id = a.id AND d.day <= %(until)s AND d.known_on <= %(known_on)s
            ORDER BY d.day DESC LIMIT 1) l
     WHERE a.tenant_id = %(tenant)s AND (%(segment)s = '' OR s.name = %(segment)s)
), sums AS (
    SELECT account_id, sum(quantity) FILTER (WHERE day > %(as_of)s::date - 28) AS quantity_28d,
           sum(quantity) FILTER (WHERE day <= %(as_of)s::date - 28) AS quantity_prev_28d
      FROM health_accountday
     WHERE tenant_id = %(tenant)s AND day > %(as_of)s::date - 56 AND day <= %(until)s AND known_on <= %(known_on)s
     GROUP BY account_id
), users AS (
    SELECT m.account_id, count(DISTINCT m.user_id) AS active_28d,
           count(DISTINCT m.user_id) FILTER (WHERE m.days & w.mask_7 <> 0) AS active_7d
      FROM unnest(%(months)s::date[], %(masks_28)s::int[], %(masks_7)s::int[]) w(month, mask_28, mask_7)
      JOIN health_usermonth m ON m.tenant_id = %(tenant)s AND m.month = w.month AND m.known_on <= %(known_on)s
     WHERE m.days & w.mask_28 <> 0
     GROUP BY m.account_id
), features AS (
    SELECT a.id AS account_id, count(DISTINCT f.feature_id) AS features_90d
      FROM asked a
      JOIN health_featureday f ON f.tenant_id = %(tenant)s AND f.account_id = a.id
           AND f.day > %(as_of)s::date - 90 AND f.day <= %(until)s AND f.known_on <= %(known_on)s
     WHERE a.last_day > %(as_of)s::date - 90
     GROUP BY a.id
), catalogue AS (  -- what anybody of the tenant has used so far
    SELECT count(*) AS size FROM accounts_feature c
     WHERE c.tenant_id = %(tenant)s AND EXISTS (
           SELECT FROM health_featureday f WHERE f.tenant_id = %(tenant)s AND f.feature_id = c.id
               AND f.day <= %(until)s AND f.known_on <= %(known_on)s)
)
SELECT a.external_id AS account, coalesce(s.quantity_28d, 0) AS quantity_28d,
       coalesce(s.quantity_prev_28d, 0) AS quantity_prev_28d, coalesce(u.active_28d, 0) AS active_users_28d,
       coalesce(u.active_7d, 0) AS active_users_7d, coalesce(f.features_90d, 0) AS features_90d, c.size AS catalog_size,
       %(as_of)s::date - a.last_day AS days_since_last_event
  FROM asked a
 CROSS JOIN catalogue c
  LEFT JOIN sums s ON s.account_id = a.id
  LEFT JOIN users u ON u.account_id = a.id
  LEFT JOIN features f ON f.account_id = a.id
 ORDER BY a.external_id
