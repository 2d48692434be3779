-- Everything that was said of tickets, as the temporary table told: of those in the temporary table asked_ticket (id),
-- of changes up to `cutoff` that were recorded by `known_at`.
CREATE TEMPORARY TABLE told ON COMMIT DROP AS
SELECT c.ticket_id::text AS ticket, c.event_at, c.state, c.cells, c.digest, c.known_on
  FROM health_ticketchange c
  JOIN asked_ticket a ON a.id = c.ticket_id
 WHERE c.event_at < %(cutoff)s
   AND c.recorded_at <= %(known_at)s;
ANALYZE told;
