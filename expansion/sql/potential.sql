-- What the accounts in `ids` could pay more a year (white_space.sql, read as one query): in all by account, by product, and by
-- product of each segment, told apart by `level`. `earned` is the part of those accounts that earned the right.
WITH cell AS MATERIALIZED (
    SELECT g.account_id, g.product_id, a.segment_id, g.account_id = ANY (%(earned)s::uuid[]) AS earned,
           CASE WHEN g.owned IS NULL AND NOT g.no_fit THEN round(coalesce(nullif(g.seats, 0) * g.seat, g.price)::numeric) END AS year
      FROM {grid} g
      JOIN accounts_account a ON a.id = g.account_id
)
SELECT CASE GROUPING(account_id, segment_id) WHEN 1 THEN 'account' WHEN 2 THEN 'segment' ELSE 'product' END AS level,
       account_id, segment_id, product_id, coalesce(sum(year), 0)::bigint AS year,
       coalesce(sum(year) FILTER (WHERE earned), 0)::bigint AS earned
  FROM cell
 GROUP BY GROUPING SETS ((account_id), (product_id), (segment_id, product_id))
