-- A new name is the better word for the same segment at all times: each dated value is recorded again under it.
-- What was reported under the old name can still be asked for (known-at).
INSERT INTO accounts_accountchange (id, tenant_id, account_id, attribute, value, effective_on, source, source_ref)
SELECT uuidv7(), c.tenant_id, c.account_id, 'segment', %(after)s, c.effective_on, 'member', %(member)s
  FROM (SELECT DISTINCT ON (account_id, effective_on) tenant_id, account_id, effective_on, value
          FROM accounts_accountchange
         WHERE attribute = 'segment'
         ORDER BY account_id, effective_on, recorded_at DESC, id DESC) c
 WHERE c.value = %(before)s
RETURNING account_id
