-- A feature for each event that was not seen before, named after its key: "edit_api" becomes "Edit api".
INSERT INTO accounts_feature (id, tenant_id, key, name, kind)
SELECT uuidv7(), %(tenant)s, event, coalesce(nullif(upper(left(said, 1)) || substr(said, 2), ''), event), 'core'
  FROM (SELECT DISTINCT event FROM usage_raw) r
 CROSS JOIN LATERAL (SELECT btrim(regexp_replace(event, '[\s_.:/-]+', ' ', 'g')) AS said) s
 WHERE NOT EXISTS (SELECT FROM accounts_feature f WHERE f.tenant_id = %(tenant)s AND f.key = r.event)
 ORDER BY event
ON CONFLICT (tenant_id, key) DO NOTHING
