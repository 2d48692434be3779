-- The tickets of the accounts that are asked for as asked_ticket (id), and what was said of them by `cutoff` and recorded by
-- `known_at` as told. A ticket that was opened by then and changed only later counts as new.
DROP TABLE IF EXISTS pg_temp.asked_ticket;
DROP TABLE IF EXISTS pg_temp.told;
CREATE TEMPORARY TABLE asked_ticket ON COMMIT DROP AS
SELECT t.id, t.external_id
  FROM health_ticket t
  JOIN accounts_account a ON a.id = t.account_id
  LEFT JOIN accounts_segment s ON s.id = a.segment_id
 WHERE %(segment)s = '' OR s.name = %(segment)s;
ANALYZE asked_ticket;

CREATE TEMPORARY TABLE told ON COMMIT DROP AS
WITH known AS (
    SELECT c.ticket_id, c.event_at, c.state, c.cells, c.digest, c.known_on,
           min(c.event_at) OVER (PARTITION BY c.ticket_id) AS begins
      FROM health_ticketchange c
      JOIN asked_ticket a ON a.id = c.ticket_id
     WHERE c.recorded_at <= %(known_at)s
)
SELECT ticket_id::text AS ticket, event_at, state, cells, digest, known_on
  FROM known
 WHERE event_at < %(cutoff)s
 UNION ALL
(SELECT DISTINCT ON (ticket_id) ticket_id::text, event_at, 'New', cells - '{reassignment_count,reopen_count,escalated_to}'::text[],
        digest, known_on
   FROM known
  WHERE begins >= %(cutoff)s
    AND (cells ->> 'opened_at')::timestamptz < %(cutoff)s
  ORDER BY ticket_id, event_at, digest);
ANALYZE told;
