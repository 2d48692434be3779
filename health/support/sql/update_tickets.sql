-- Tickets (by id in stage_derived.ticket) whose changes say something else than what stands.
WITH wish AS (
    SELECT d.ticket::uuid AS id, coalesce(w.into_id, a.id) AS account_id, d.*
      FROM stage_derived d
      JOIN accounts_account a ON a.external_id = d.account
      LEFT JOIN {standing} w ON w.id = a.id
), changed AS (
    UPDATE health_ticket t
       SET account_id = w.account_id, user_ref = w.user_ref, subject = w.subject, category = w.category, state = w.state,
           priority = w.priority, level = w.level, opened_at = w.opened_at, first_response_at = w.first_response_at,
           resolved_at = w.resolved_at, closed_at = w.closed_at, reopened_at = w.reopened_at, reopen_count = w.reopen_count,
           reassignment_count = w.reassignment_count, escalated_at = w.escalated_at, escalated_to = w.escalated_to,
           first_response_minutes = w.first_response_minutes, resolution_minutes = w.resolution_minutes,
           sentiment = w.sentiment, known_on = w.known_on, version = t.version + 1, updated_at = clock_timestamp()
      FROM wish w
      JOIN health_ticket old ON old.id = w.id
     WHERE t.id = w.id
       AND (t.account_id, t.user_ref, t.subject, t.category, t.state, t.priority, t.level, t.opened_at, t.first_response_at,
            t.resolved_at, t.closed_at, t.reopened_at, t.reopen_count, t.reassignment_count, t.escalated_at, t.escalated_to,
            t.first_response_minutes, t.resolution_minutes, t.sentiment, t.known_on)
           IS DISTINCT FROM
           (w.account_id, w.user_ref, w.subject, w.category, w.state, w.priority, w.level, w.opened_at, w.first_response_at,
            w.resolved_at, w.closed_at, w.reopened_at, w.reopen_count, w.reassignment_count, w.escalated_at, w.escalated_to,
            w.first_response_minutes, w.resolution_minutes, w.sentiment, w.known_on)
    RETURNING t.account_id, old.account_id AS before_id
)
SELECT account_id FROM changed UNION SELECT before_id FROM changed;
