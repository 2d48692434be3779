-- Accounts that do not count for themselves, and for whom they do: one that was merged counts for the one that it became a
-- part of, as soon as that is known; where the parent is the customer (by_parent), each counts for the top of its tree.
-- `survivor_id` follows mergers only. Whoever stands in a circle, or more than 40 steps below, counts for itself.
CREATE TEMPORARY TABLE logo ON COMMIT DROP AS
WITH RECURSIVE step AS MATERIALIZED (
    SELECT id, merged_into_id AS up, true AS merged FROM accounts_account
     WHERE merged_into_id IS NOT NULL AND merged_at <= %(known_at)s
    UNION ALL
    SELECT id, parent_id, false FROM accounts_account
     WHERE %(by_parent)s AND parent_id IS NOT NULL AND NOT (merged_into_id IS NOT NULL AND merged_at <= %(known_at)s)
), way AS (
    SELECT id, up, CASE WHEN merged THEN up ELSE id END AS survivor_id, merged, 1 AS steps FROM step
    UNION ALL
    SELECT w.id, s.up, CASE WHEN w.merged AND s.merged THEN s.up ELSE w.survivor_id END, w.merged AND s.merged, w.steps + 1
      FROM way w JOIN step s ON s.id = w.up
     WHERE w.steps < 40
)
SELECT w.id AS account_id, w.up AS root_id, w.survivor_id
  FROM way w
 WHERE NOT EXISTS (SELECT FROM step s WHERE s.id = w.up);

CREATE INDEX ON logo (account_id);
ANALYZE logo;
