-- All events of a kept day: one partition, by the account.
INSERT INTO usage_raw
SELECT e.account_id, e.day, greatest(e.known_on, e.day), e.user_ref, e.event, e.session, e.occurred_at, e.quantity
  FROM usage_piece p
  JOIN health_usageevent e ON e.account_id = p.account_id
 WHERE e.tenant_id = %(tenant)s AND e.day = %(day)s AND p.day = %(day)s
