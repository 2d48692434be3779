-- Rows of stage_held, each once however often it comes.
INSERT INTO health_heldticket (id, tenant_id, account_ref, cells, digest, source, source_ref)
SELECT uuidv7(), %(tenant_id)s, h.account_ref, h.cells, h.digest, %(source)s, %(source_ref)s::uuid
  FROM (SELECT DISTINCT ON (digest) * FROM stage_held ORDER BY digest) h
ON CONFLICT (tenant_id, digest) DO NOTHING;
