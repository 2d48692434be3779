-- What of the enrolled advocates' accounts (`accounts`) a request is held against: products that they pay for today, seats
-- of these, else their employees; with what was merged into them.
WITH part AS MATERIALIZED (
    SELECT s.id, s.into_id FROM {standing} s
), own AS (
    SELECT unnest(%(accounts)s::uuid[]) AS id
), whole AS (
    SELECT id, id AS part_id FROM own UNION ALL SELECT o.id, p.id FROM own o JOIN part p ON p.into_id = o.id
), paid AS (
    SELECT w.id, array_agg(DISTINCT p.product_id) FILTER (WHERE p.product_id IS NOT NULL) AS products, sum(p.seats) AS seats
      FROM whole w
      JOIN accounts_subscription p ON p.account_id = w.part_id
     WHERE NOT p.voided AND p.start_on <= %(today)s AND (p.end_on IS NULL OR p.end_on > %(today)s)
     GROUP BY w.id
)
SELECT o.id AS account_id, coalesce(p.products, '{}') AS products, coalesce(nullif(p.seats, 0), a.employees) AS users
  FROM own o
  JOIN accounts_account a ON a.id = o.id
  LEFT JOIN paid p ON p.id = o.id
