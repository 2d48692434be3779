-- Held events that may be stored now, oldest first, locked: their account appeared (by its own id, or because it is known
-- by now where their user belongs), or their moment came.
SELECT h.id
  FROM health_heldevent h
  LEFT JOIN accounts_account a ON a.tenant_id = h.tenant_id AND a.external_id = h.account_ref
  LEFT JOIN health_usageuser u ON h.account_ref = '' AND u.tenant_id = h.tenant_id AND u.external_id = h.event ->> 'user'
 WHERE h.tenant_id = %(tenant_id)s
   AND h.state = 'quarantined'
   AND CASE h.code
       WHEN 'unknown_account' THEN a.id IS NOT NULL OR u.account_id IS NOT NULL
       WHEN 'in_the_future' THEN h.occurred_at <= %(now)s
       ELSE false END
 ORDER BY h.id
 LIMIT %(limit)s
   FOR UPDATE OF h SKIP LOCKED
