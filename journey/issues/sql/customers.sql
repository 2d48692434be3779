-- The customers behind issues, each once for an issue: an account that was merged counts as the customer it is a part of
-- now. A filter on customers (segment, weight, owner, not told yet) leaves those that fit, and their money.
SELECT k.issue_id, k.account_id, k.blocks, k.untold, a.mrr_minor,
       a.health_band IN ('yellow', 'red') AS at_risk,
       a.renews_on >= %(today)s::date AND a.renews_on <= %(soon)s::date AS renewing
  FROM (WITH RECURSIVE way AS (
            SELECT l.id, l.issue_id, l.weight, l.told_on, a.id AS account_id, a.merged_into_id
              FROM journey_issueaccount l
              JOIN accounts_account a ON a.id = l.account_id
            UNION ALL
            SELECT w.id, w.issue_id, w.weight, w.told_on, a.id, a.merged_into_id
              FROM way w
              JOIN accounts_account a ON a.id = w.merged_into_id
        )
        SELECT w.issue_id, w.account_id, bool_or(w.weight = 'blocker') AS blocks, bool_or(w.told_on IS NULL) AS untold,
               min(CASE w.weight WHEN 'blocker' THEN 0 WHEN 'important' THEN 1 ELSE 2 END) AS heaviest
          FROM way w
         WHERE w.merged_into_id IS NULL
         GROUP BY w.issue_id, w.account_id) k
  JOIN accounts_account a ON a.id = k.account_id
  LEFT JOIN accounts_segment g ON g.id = a.segment_id
 WHERE (cardinality(%(segments)s::text[]) = 0 OR g.name = ANY (%(segments)s::text[]))
   AND (cardinality(%(weights)s::int[]) = 0 OR k.heaviest = ANY (%(weights)s::int[]))
   AND (%(owner)s::uuid IS NULL OR a.owner_id = %(owner)s::uuid)
   AND (NOT %(untold)s::boolean OR k.untold)
