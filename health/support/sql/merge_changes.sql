-- State changes of stage_ticket that were not told before, each once.
INSERT INTO health_ticketchange (id, tenant_id, ticket_id, event_at, state, cells, digest, known_on, recorded_at, source, source_ref)
SELECT uuidv7(), %(tenant_id)s, t.id, s.event_at, s.state, s.cells, s.digest, s.known_on, clock_timestamp(), s.source,
       s.source_ref
  FROM (SELECT DISTINCT ON (ticket, event_at, digest) * FROM stage_ticket ORDER BY ticket, event_at, digest, number) s
  JOIN health_ticket t ON t.external_id = s.ticket
 ORDER BY s.ticket, s.event_at, s.digest
ON CONFLICT (tenant_id, ticket_id, event_at, digest) DO NOTHING
RETURNING ticket_id, event_at, digest;
