-- One row of raw numbers for each question; who reads it names the columns. Feedback is missed only of customers that we
-- have dealt with, and only where the tenant notes any at all.
CREATE TEMPORARY TABLE raw ON COMMIT DROP AS
SELECT q.n, q.account_id, q.model, q.as_of,
       (q.as_of - q.started_on) / 30.4375::float8 AS tenure,
       u.usage_trend, u.stickiness, u.seat_activity, u.feature_breadth, u.core_adoption, u.session_frequency, u.session_minutes,
       u.recency,
       t.meeting_attendance, t.reply_rate, t.reply_hours, t.email_opens, t.last_contact, p.relationships, v.nps, t.sentiment,
       CASE WHEN m.has_feedback THEN t.feedback END AS feedback, c.context,
       s.ticket_load, s.escalation_share, s.response_share, s.resolution_share, s.reopen_share, s.old_tickets, v.csat,
       o.progress, o.reached_share, o.value_confirmed, o.first_value
  FROM asked q
  JOIN moment m USING (as_of, known_on, usage_day)
  JOIN got_usage u USING (n)
  JOIN got_support s USING (n)
  LEFT JOIN got_touches t USING (n)
  LEFT JOIN got_people_seen p USING (n)
  LEFT JOIN got_surveys v USING (n)
  LEFT JOIN got_context c USING (n)
  LEFT JOIN got_outcomes o USING (n);
