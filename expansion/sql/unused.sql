-- The advanced features of products that an account in `ids` pays for, and whether anybody there used each within 90 days: one
-- row for each account and feature. A feature without a product counts for everybody.
WITH asked AS MATERIALIZED (
    SELECT unnest(%(ids)s::uuid[]) AS id
), owned AS MATERIALIZED (
    SELECT DISTINCT s.account_id, s.product_id
      FROM asked q
      JOIN accounts_subscription s ON s.account_id = q.id
     WHERE NOT s.voided AND s.mrr_minor > 0 AND s.start_on <= %(as_of)s AND (s.end_on IS NULL OR s.end_on > %(as_of)s)
)
SELECT q.id AS account_id, f.id AS feature_id, f.name,
       EXISTS (SELECT FROM health_featureday d
                WHERE d.account_id = q.id AND d.feature_id = f.id AND d.day <= %(as_of)s AND d.day > %(as_of)s::date - 90) AS used
  FROM asked q
  JOIN accounts_feature f ON f.kind = 'advanced'
 WHERE f.product_id IS NULL OR EXISTS (SELECT FROM owned o WHERE o.account_id = q.id AND o.product_id = f.product_id)
 ORDER BY q.id, f.name, f.id
