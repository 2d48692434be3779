-- The support family: tickets of each question's windows as they stood at the end of its day.
CREATE TEMPORARY TABLE got_support ON COMMIT DROP AS
WITH
    -- Tickets of the last two years as they stood at the end of the day: an answer or a solution that came later is not there.
    tickets AS (
        SELECT n, count(*) FILTER (WHERE age < %(ticket_load)s) AS recent,
               count(*) FILTER (WHERE age >= %(ticket_load)s AND age < 7 * %(ticket_load)s) AS before,
               count(*) FILTER (WHERE escalated AND age < %(escalation_share)s)::float8
                   / nullif(count(*) FILTER (WHERE age < %(escalation_share)s), 0) AS escalation_share,
               -- One that waits since yesterday or longer has missed its time.
               count(*) FILTER (WHERE fast AND age < %(response_share)s)::float8
                   / nullif(count(*) FILTER (WHERE (responded OR age > 0) AND age < %(response_share)s), 0) AS response_share,
               count(*) FILTER (WHERE quick AND age < %(resolution_share)s)::float8
                   / nullif(count(*) FILTER (WHERE (resolved OR age > 1) AND age < %(resolution_share)s), 0) AS resolution_share,
               count(*) FILTER (WHERE reopened AND age < %(reopen_share)s)::float8
                   / nullif(count(*) FILTER (WHERE (resolved OR reopened) AND age < %(reopen_share)s), 0) AS reopen_share,
               count(*) FILTER (WHERE NOT resolved AND age > %(old_tickets)s)::float8 AS old_tickets
          FROM (SELECT q.n, q.as_of - timezone(%(zone)s, t.opened_at)::date AS age,
                       coalesce(t.escalated_at < q.until, false) AS escalated,
                       coalesce(t.first_response_at < q.until, false) AS responded,
                       coalesce(t.first_response_at < q.until AND t.first_response_minutes <= 240, false) AS fast,
                       coalesce(least(t.resolved_at, t.closed_at) < q.until, false) AS resolved,
                       coalesce(t.resolved_at < q.until AND t.resolution_minutes <= 1440, false) AS quick,
                       coalesce(t.reopened_at < q.until, false) AS reopened
                  FROM asked q
                  JOIN health_ticket t ON t.account_id = q.account_id AND t.opened_at < q.until AND t.known_on <= q.known_on
                                      AND t.opened_at >= q.until - interval '800 days') t
         GROUP BY n
    )
-- A customer without any ticket who uses the product is served well; one who does neither tells us nothing.
SELECT q.n, CASE WHEN t.n IS NOT NULL THEN t.recent / greatest(t.before / 6.0, 1)::float8
                 WHEN u.active AND m.has_tickets THEN 0 END AS ticket_load,
       t.escalation_share, t.response_share, t.resolution_share, t.reopen_share,
       CASE WHEN t.n IS NOT NULL THEN t.old_tickets WHEN u.active AND m.has_tickets THEN 0 END AS old_tickets
  FROM asked q
  JOIN moment m USING (as_of, known_on, usage_day)
  JOIN got_usage u USING (n)
  LEFT JOIN tickets t USING (n);
