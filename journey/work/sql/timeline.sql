-- What was done with an account: its tasks, at the moment that they were done, in the columns of the timeline.
SELECT 'work'::text AS grp, 'task'::text AS what, k.done_at AS at, k.id, NULL::jsonb AS said
  FROM journey_task k
 WHERE k.account_id = %(account)s AND k.state = 'done'
