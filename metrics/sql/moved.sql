-- What versions of paid periods did to the ledger: those of an import, or of one period; by month and term, of a period by
-- version as well, in the currency that was posted in. A line counts for the version that it stands for. A reversal counts
-- for the version that was learned between the line and itself; where there is none (a rate, another period of the
-- customer, another reporting currency), it takes back its own line.
WITH mine AS (
    SELECT id, subscription_id, account_id FROM accounts_subscriptionchange
     WHERE CASE WHEN %(import_id)s::uuid IS NULL THEN subscription_id = %(subscription_id)s::uuid
                ELSE source_ref = %(import_id)s::uuid AND source = 'import' END
), customer AS (
    SELECT account_id AS id FROM mine UNION SELECT l.root_id FROM mine JOIN logo l ON l.account_id = mine.account_id
), learned AS (
    SELECT t.month, t.kind, t.account_id, t.amount_minor, t.currency,
           CASE WHEN t.reverses_id IS NULL THEN t.change_id ELSE coalesce(
               (SELECT v.id FROM accounts_subscriptionchange v
                 WHERE v.subscription_id = t.subscription_id AND v.recorded_at > o.recorded_at AND v.recorded_at <= t.recorded_at
                 ORDER BY v.recorded_at DESC, v.id DESC LIMIT 1), t.change_id) END AS change_id
      FROM customer c
      JOIN {posted_lines} t ON t.account_id = c.id
      LEFT JOIN metrics_mrrmovement o ON o.id = t.reverses_id
     WHERE t.subscription_id IN (SELECT subscription_id FROM mine)
)
SELECT CASE WHEN %(import_id)s::uuid IS NULL THEN l.change_id END AS change_id, l.month, l.kind,
       l.currency, sum(l.amount_minor)::bigint AS amount, count(DISTINCT l.account_id) AS accounts,
       CASE WHEN count(DISTINCT l.account_id) = 1 THEN min(l.account_id::text)::uuid END AS account_id
  FROM learned l
 WHERE l.change_id IN (SELECT id FROM mine)
 GROUP BY 1, l.month, l.kind, l.currency
HAVING sum(l.amount_minor) <> 0
 ORDER BY l.month DESC, l.kind, l.currency;
