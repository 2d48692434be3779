-- The account of each user of the temporary table stage_member; users who are new are made, others moved.
INSERT INTO health_usageuser (id, tenant_id, external_id, account_id)
SELECT uuidv7(), %(tenant_id)s, s.user_ref, a.id
  FROM stage_member s JOIN accounts_account a ON a.external_id = s.account_ref
 ORDER BY s.user_ref
    ON CONFLICT (tenant_id, external_id) DO UPDATE SET account_id = excluded.account_id
 WHERE health_usageuser.account_id IS DISTINCT FROM excluded.account_id;
