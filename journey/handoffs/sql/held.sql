-- What these people hold at these accounts and all that was merged into them, by account and person: open tasks that were
-- not taken from the pool, plans that run, and milestones of such plans that are not done.
WITH RECURSIVE part AS (
    SELECT a.id AS whole, a.id
      FROM accounts_account a
     WHERE a.id = ANY(%(accounts)s::uuid[])
     UNION
    SELECT p.whole, a.id
      FROM accounts_account a
      JOIN part p ON a.merged_into_id = p.id
), held AS (
    SELECT p.whole, k.owner_id, 'task' AS what
      FROM journey_task k
      JOIN part p ON p.id = k.account_id
     WHERE k.state = 'open' AND k.taken_until IS NULL
     UNION ALL
    SELECT p.whole, n.owner_id, 'plan'
      FROM journey_plan n
      JOIN part p ON p.id = n.account_id
     WHERE n.state = 'active'
     UNION ALL
    SELECT p.whole, m.owner_id, 'milestone'
      FROM journey_milestone m
      JOIN journey_plan n ON n.id = m.plan_id AND n.state = 'active'
      JOIN part p ON p.id = n.account_id
     WHERE m.done_on IS NULL
)
SELECT whole AS account,
       owner_id AS person,
       count(*) FILTER (WHERE what = 'task') AS tasks,
       count(*) FILTER (WHERE what = 'plan') AS plans,
       count(*) FILTER (WHERE what = 'milestone') AS milestones
  FROM held
 WHERE owner_id = ANY(%(people)s::uuid[])
 GROUP BY whole, owner_id
