-- Accounts that do not count for themselves, and for whom they do: one that was merged counts for the one that it became a
-- part of, as soon as that is known; where the parent is the customer (by_parent), each counts for the top of its tree.
-- `survivor_id` follows mergers only. Whoever stands in a circle of parents, or 40 steps below, counts for itself.
CREATE TEMPORARY TABLE logo ON COMMIT DROP AS
WITH RECURSIVE merged AS (
    SELECT id, merged_into_id AS survivor_id, 1 AS steps
      FROM accounts_account WHERE merged_into_id IS NOT NULL AND merged_at <= %(known_at)s
    UNION ALL
    SELECT m.id, a.merged_into_id, m.steps + 1
      FROM merged m JOIN accounts_account a ON a.id = m.survivor_id AND a.merged_into_id IS NOT NULL AND a.merged_at <= %(known_at)s
     WHERE m.steps < 40
), survivor AS MATERIALIZED (
    SELECT DISTINCT ON (id) id, survivor_id FROM merged ORDER BY id, steps DESC
), step AS MATERIALIZED (
    SELECT a.id, coalesce(s.survivor_id, a.parent_id) AS up
      FROM accounts_account a LEFT JOIN survivor s ON s.id = a.parent_id
     WHERE %(by_parent)s AND coalesce(s.survivor_id, a.parent_id) <> a.id
       AND NOT EXISTS (SELECT FROM survivor m WHERE m.id = a.id)
), way AS (
    SELECT id, up, 1 AS steps FROM step
    UNION ALL
    SELECT w.id, s.up, w.steps + 1 FROM way w JOIN step s ON s.id = w.up WHERE w.steps < 40
), top AS MATERIALIZED (
    SELECT w.id, w.up AS root_id FROM way w WHERE NOT EXISTS (SELECT FROM step s WHERE s.id = w.up)
)
SELECT s.id AS account_id, coalesce(t.root_id, s.survivor_id) AS root_id, s.survivor_id
  FROM survivor s LEFT JOIN top t ON t.id = s.survivor_id
UNION ALL
SELECT t.id, t.root_id, t.id FROM top t;

CREATE INDEX ON logo (account_id);
ANALYZE logo;
