-- What stands behind the issues that the filters leave: by team and state, by team, by state, and altogether (NULL where
-- it is summed). An account counts once in each of these, however many issues it has there.
WITH each AS (
    SELECT f.id, f.function, f.state, c.account_id, c.mrr_minor, c.at_risk, c.blocks
      FROM {asked} f
      LEFT JOIN {customers} c ON c.issue_id = f.id
     WHERE c.issue_id IS NOT NULL OR NOT %(narrowed)s::boolean
), once AS (
    SELECT e.function, e.state, e.account_id, max(e.mrr_minor) AS mrr_minor, bool_or(e.at_risk) AS at_risk,
           bool_or(e.blocks) AS blocks, grouping(e.function) AS all_functions, grouping(e.state) AS all_states
      FROM each e
     WHERE e.account_id IS NOT NULL
     GROUP BY GROUPING SETS ((e.function, e.state, e.account_id), (e.function, e.account_id), (e.state, e.account_id),
                             (e.account_id))
), money AS (
    SELECT o.function, o.state, count(*) AS accounts, sum(o.mrr_minor) AS mrr,
           sum(o.mrr_minor) FILTER (WHERE o.at_risk) AS risk_mrr, count(*) FILTER (WHERE o.blocks) AS blocked
      FROM once o
     GROUP BY o.function, o.state, o.all_functions, o.all_states
), number AS (
    SELECT e.function, e.state, count(DISTINCT e.id) AS issues
      FROM each e
     GROUP BY GROUPING SETS ((e.function, e.state), (e.function), (e.state), ())
)
SELECT n.function, n.state, n.issues, coalesce(m.accounts, 0) AS accounts, coalesce(m.mrr, 0)::bigint AS mrr,
       coalesce(m.risk_mrr, 0)::bigint AS risk_mrr, coalesce(m.blocked, 0) AS blocked
  FROM number n
  LEFT JOIN money m ON m.function IS NOT DISTINCT FROM n.function AND m.state IS NOT DISTINCT FROM n.state
