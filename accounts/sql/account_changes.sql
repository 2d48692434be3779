-- The dated attributes of the merged accounts, written where the latest recorded value is another one. The first value
-- is true from the day of signature, a later one from today.
WITH now AS (
    SELECT a.id AS account_id, v.attribute, v.value, a.signed_on
      FROM merged_account m
      JOIN accounts_account a ON a.id = m.id
      LEFT JOIN accounts_segment s ON s.id = a.segment_id
     CROSS JOIN LATERAL (VALUES ('segment', coalesce(s.name, '')), ('industry', a.industry), ('source', a.source),
                                ('owner', coalesce(a.owner_id::text, '')), ('tier', a.tier)) v (attribute, value)
), latest AS (
    SELECT DISTINCT ON (c.account_id, c.attribute) c.account_id, c.attribute, c.value
      FROM accounts_accountchange c JOIN merged_account m ON m.id = c.account_id
     ORDER BY c.account_id, c.attribute, c.effective_on DESC, c.recorded_at DESC, c.id DESC
)
INSERT INTO accounts_accountchange (id, tenant_id, account_id, attribute, value, effective_on, recorded_at, source, source_ref)
SELECT uuidv7(), %(tenant_id)s, n.account_id, n.attribute, n.value,
       CASE WHEN l.account_id IS NULL THEN coalesce(least(n.signed_on, %(today)s), %(today)s) ELSE %(today)s END,
       clock_timestamp(), %(source)s, %(source_ref)s::uuid
  FROM now n
  LEFT JOIN latest l USING (account_id, attribute)
 WHERE coalesce(l.value, '') <> n.value
RETURNING account_id;
