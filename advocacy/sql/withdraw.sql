-- Who is no live customer any more is judged no more.
DELETE FROM advocacy_qualification q WHERE NOT EXISTS (SELECT FROM judged j WHERE j.account_id = q.account_id)
