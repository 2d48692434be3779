-- Rows of tickets whose account is there by now, locked; those of one import and of one ticket together.
SELECT h.id, h.source, h.source_ref, h.cells, h.received_at
  FROM health_heldticket h
  JOIN accounts_account a ON a.tenant_id = h.tenant_id AND a.external_id = h.account_ref
 WHERE h.tenant_id = %(tenant_id)s
 ORDER BY h.source, h.source_ref, h.cells ->> 'ticket', h.id
 LIMIT %(limit)s
   FOR UPDATE OF h SKIP LOCKED
