-- One row of raw numbers for each question, in order; who reads it names the columns. Feedback is missed only of customers
-- that we have dealt with, and only where the tenant notes any at all.
SELECT q.n, q.account_id, q.model, q.as_of, (q.as_of - q.started_on) / 30.4375::float8 AS tenure,
       u.usage_trend, u.stickiness, u.seat_activity, u.feature_breadth, u.core_adoption, u.session_frequency, u.session_minutes,
       u.recency,
       e.meeting_attendance, e.reply_rate, e.reply_hours, e.email_opens, e.last_contact, e.relationships, e.nps, e.sentiment,
       CASE WHEN m.has_feedback THEN e.feedback END AS feedback, e.context,
       s.ticket_load, s.escalation_share, s.response_share, s.resolution_share, s.reopen_share, s.old_tickets, e.csat,
       o.progress, o.reached_share, o.value_confirmed, o.first_value
  FROM asked q
  JOIN moment m USING (as_of, known_on, usage_day)
  JOIN got_usage u USING (n)
  JOIN got_engagement e USING (n)
  JOIN got_support s USING (n)
  LEFT JOIN got_outcomes o USING (n)
