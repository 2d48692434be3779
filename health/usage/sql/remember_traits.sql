-- What the temporary table stage_trait says of users whose account is not known; the later word holds.
INSERT INTO health_usageuser AS u (id, tenant_id, external_id, traits)
SELECT uuidv7(), %(tenant_id)s, user_ref, traits FROM stage_trait ORDER BY user_ref
    ON CONFLICT (tenant_id, external_id) DO UPDATE SET traits = coalesce(u.traits, '{}') || excluded.traits
 WHERE u.account_id IS NULL;
