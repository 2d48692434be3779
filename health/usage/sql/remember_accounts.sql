-- The account of each user of the temporary table stage_member; users who are new are made, others moved. It holds from
-- now on: events that happened before say nothing else.
INSERT INTO health_usageuser AS u (id, tenant_id, external_id, account_id, seen_at)
SELECT uuidv7(), %(tenant_id)s, s.user_ref, a.id, %(received_at)s
  FROM stage_member s JOIN accounts_account a ON a.external_id = s.account_ref
 ORDER BY s.user_ref
    ON CONFLICT (tenant_id, external_id) DO UPDATE
   SET account_id = excluded.account_id, seen_at = greatest(u.seen_at, excluded.seen_at), traits = NULL
 WHERE u.account_id IS DISTINCT FROM excluded.account_id;
