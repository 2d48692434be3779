-- A page of the asked lines: the latest month first and in it the largest amount; a page goes on after the line `after`. What
-- stays hidden from the reader is counted and added up over the whole list.
WITH seen AS (
    SELECT l.*, v.id IS NOT NULL AS visible FROM {asked} l LEFT JOIN {visible} v ON v.id = l.account_id
), place AS (
    SELECT month, abs(amount) AS size, id FROM seen WHERE id = %(after)s::uuid AND visible
), counted AS (
    SELECT s.*, count(*) OVER () AS total, count(*) FILTER (WHERE NOT visible) OVER () AS hidden,
           coalesce(sum(amount) FILTER (WHERE NOT visible) OVER (), 0) AS hidden_amount
      FROM seen s
)
SELECT c.*, p.name AS product, h.source, h.source_row, h.actor, n.name AS noted_by
  FROM counted c
  LEFT JOIN accounts_product p ON p.id = c.product_id
  LEFT JOIN accounts_subscriptionchange h ON h.id = c.change_id
  LEFT JOIN accounts_member n ON n.id = c.noted_by_id
 WHERE NOT EXISTS (SELECT FROM place) OR (c.month, abs(c.amount), c.id) < (SELECT month, size, id FROM place)
 ORDER BY c.visible DESC, c.month DESC, abs(c.amount) DESC, c.id DESC
 LIMIT %(limit)s;
