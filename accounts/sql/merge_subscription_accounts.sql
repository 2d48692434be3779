-- Accounts that a paid period names and that do not exist yet: made under their external id, with the
-- segment of their earliest period that names one.
WITH missing AS (
    SELECT DISTINCT ON (s.account) s.account, s.segment_id
      FROM stage_subscription s LEFT JOIN accounts_account a ON a.external_id = s.account
     WHERE a.id IS NULL
     ORDER BY s.account, s.segment_id IS NULL, s.start_on, s.subscription_id
), made AS (
    INSERT INTO accounts_account (id, tenant_id, external_id, name, level, segment_id, industry, source, region, domain, tier,
           strategic, complexity, attributes, status, mrr_minor, version)
    SELECT uuidv7(), %(tenant_id)s, account, account, 'company', segment_id, '', '', '', '', '', false, '', '{}', 'prospect', 0, 1
      FROM missing
    RETURNING id, segment_id
)
INSERT INTO accounts_accountchange (id, tenant_id, account_id, attribute, value, effective_on, recorded_at, source, source_ref)
SELECT uuidv7(), %(tenant_id)s, m.id, 'segment', g.name, %(today)s, clock_timestamp(), %(source)s, %(source_ref)s::uuid
  FROM made m JOIN accounts_segment g ON g.id = m.segment_id;
