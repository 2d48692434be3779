-- A page of the issue log, or all of it without a limit: each issue with what stands behind it, by a key that is largest
-- first. Money is MRR in minor units of the reporting currency. `backwards` asks for the rows before the cursor, nearest first.
WITH behind AS (
    SELECT c.issue_id, count(*) AS accounts, sum(c.mrr_minor) AS mrr,
           count(*) FILTER (WHERE c.blocks) AS blockers,
           sum(c.mrr_minor) FILTER (WHERE c.at_risk) AS risk_mrr,
           count(*) FILTER (WHERE c.renewing) AS renewing,
           sum(c.mrr_minor) FILTER (WHERE c.renewing) AS renewing_mrr,
           count(*) FILTER (WHERE c.untold) AS untold
      FROM {customers} c
     GROUP BY c.issue_id
), keyed AS (
    SELECT i.id, i.external_id, i.title, i.kind, i.function, i.state, i.owner_id, i.reference, i.link, i.reported_on,
           i.promised_on, i.ended_on, i.answer, coalesce(b.accounts, 0) AS accounts, coalesce(b.mrr, 0)::bigint AS mrr,
           coalesce(b.blockers, 0) AS blockers, coalesce(b.risk_mrr, 0)::bigint AS risk_mrr,
           coalesce(b.renewing, 0) AS renewing, coalesce(b.renewing_mrr, 0)::bigint AS renewing_mrr,
           coalesce(b.untold, 0) AS untold,
           CASE %(sort)s::text
               WHEN 'risk' THEN coalesce(b.risk_mrr, 0)
               WHEN 'renewing' THEN coalesce(b.renewing_mrr, 0)
               WHEN 'accounts' THEN coalesce(b.accounts, 0)
               WHEN 'age' THEN %(today)s::date - i.reported_on
               -- The nearest promise first, and what nobody promised last.
               WHEN 'promised' THEN coalesce(date '3000-01-01' - i.promised_on, 0)
               ELSE coalesce(b.mrr, 0)
           END::bigint AS key
      FROM journey_issue i
      JOIN {asked} f ON f.id = i.id
      LEFT JOIN behind b ON b.issue_id = i.id
     WHERE b.issue_id IS NOT NULL OR NOT %(narrowed)s::boolean
)
SELECT k.id, k.external_id, k.title, k.kind, k.function, k.state, k.owner_id, k.reference, k.link, k.reported_on, k.promised_on,
       k.ended_on, k.answer, k.accounts, k.mrr, k.blockers, k.risk_mrr, k.renewing, k.renewing_mrr, k.untold, k.key
  FROM keyed k
 WHERE %(cursor_id)s::uuid IS NULL
    OR (NOT %(backwards)s::boolean AND (k.key, k.id) < (%(cursor_key)s::bigint, %(cursor_id)s::uuid))
    OR (%(backwards)s::boolean AND (k.key, k.id) > (%(cursor_key)s::bigint, %(cursor_id)s::uuid))
 ORDER BY CASE WHEN %(backwards)s::boolean THEN -k.key ELSE k.key END DESC,
          CASE WHEN NOT %(backwards)s::boolean THEN k.id END DESC,
          CASE WHEN %(backwards)s::boolean THEN k.id END
 LIMIT %(limit)s
