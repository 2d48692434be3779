-- What the system's call judges an open renewal by, at the end of the day: as the customer stands,
-- nothing of what anybody called. `place` says where the usage trend stands in the scores of each version of a model.
WITH asked AS MATERIALIZED (
    SELECT r.id, r.account_id, r.profile, r.intent, r.due_on, coalesce(a.customer_since, a.signed_on) AS since
      FROM renewals_renewal r JOIN accounts_account a ON a.id = r.account_id
     WHERE r.tenant_id = %(tenant_id)s AND r.state = 'open' AND r.opened_on <= %(as_of)s
), customer AS MATERIALIZED (
    SELECT DISTINCT account_id AS id FROM asked
), people AS MATERIALIZED (
    SELECT c.account_id, bool_or(c.role = 'champion' AND c.left_on IS NULL) AS champion,
           bool_or(c.role = 'champion' AND c.left_on BETWEEN %(as_of)s::date - 180 AND %(as_of)s) AS champion_left,
           max(c.last_contact_on) FILTER (WHERE c.role IN ('decision_maker', 'executive_sponsor') AND c.left_on IS NULL) AS spoken_on
      FROM accounts_contact c JOIN customer ON customer.id = c.account_id
     GROUP BY 1
), deciders AS MATERIALIZED (
    SELECT s.renewal_id, max(c.last_contact_on) AS spoken_on
      FROM renewals_stakeholder s JOIN asked ON asked.id = s.renewal_id JOIN accounts_contact c ON c.id = s.contact_id
     WHERE s.part IN ('decides', 'pays') AND c.left_on IS NULL
     GROUP BY 1
), happened AS MATERIALIZED (
    SELECT DISTINCT e.account_id FROM accounts_accountevent e JOIN customer ON customer.id = e.account_id
     WHERE e.kind = 'champion_left' AND e.happened_on BETWEEN %(as_of)s::date - 180 AND %(as_of)s
), tickets AS MATERIALIZED (
    -- Urgent ones that have been open for more than a day: the time in which one is to be resolved (MET-15).
    SELECT t.account_id, count(*) AS late FROM health_ticket t JOIN customer ON customer.id = t.account_id
     WHERE t.level = 'urgent' AND t.opened_at < %(until)s::timestamptz - interval '24 hours'
       AND coalesce(t.resolved_at, t.closed_at, 'infinity') >= %(until)s AND t.known_on <= %(as_of)s
     GROUP BY 1
), steps AS MATERIALIZED (
    SELECT s.renewal_id, count(*) AS late FROM renewals_renewalstep s JOIN asked ON asked.id = s.renewal_id
     WHERE s.done_on IS NULL AND s.due_on < %(as_of)s GROUP BY 1
), objections AS MATERIALIZED (
    SELECT o.renewal_id, count(*) AS open FROM renewals_objection o JOIN asked ON asked.id = o.renewal_id
     WHERE o.answered_on IS NULL AND o.raised_on <= %(as_of)s GROUP BY 1
), lines AS MATERIALIZED (
    SELECT l.renewal_id, bool_or(s.past_due_on <= %(as_of)s) AS past_due, bool_or(s.end_reason = 'cancelled') AS notice,
           bool_and(coalesce(s.auto_renew, false)) AS renews_itself
      FROM renewals_renewalline l JOIN asked ON asked.id = l.renewal_id JOIN accounts_subscription s ON s.id = l.subscription_id
     WHERE NOT s.voided GROUP BY 1
), valueless AS MATERIALIZED (
    -- As the rule of the alert judges it, which ran before in the night (TRG-10).
    SELECT DISTINCT t.account_id FROM health_alert t JOIN customer ON customer.id = t.account_id
     WHERE t.rule = 'first_value_missed' AND t.state = 'open' AND t.as_of <= %(as_of)s
), history AS MATERIALIZED (
    -- Renewals of the profile that were decided in two years up to the day before.
    SELECT r.profile, count(*) FILTER (WHERE r.state <> 'churned') AS kept, count(*) AS closed
      FROM renewals_renewal r
     WHERE r.tenant_id = %(tenant_id)s AND r.state IN ('renewed', 'expanded', 'contracted', 'churned')
       AND r.closed_on < %(as_of)s AND r.closed_on >= %(as_of)s::date - 730
     GROUP BY 1
)
SELECT q.id, q.profile, q.intent, coalesce(y.kept, 0) AS kept, coalesce(y.closed, 0) AS closed,
       h.score::float8 AS health, h.trend,
       coalesce(p.champion, false) AS champion, coalesce(p.champion_left, false) OR e.account_id IS NOT NULL AS champion_left,
       coalesce(t.late, 0) AS tickets, %(as_of)s::date - coalesce(d.spoken_on, p.spoken_on) AS decider_days,
       coalesce(s.late, 0) AS late_steps, coalesce(o.open, 0) AS objections,
       coalesce(l.past_due, false) AS past_due, coalesce(l.notice, false) AS notice, coalesce(l.renews_itself, false) AS renews_itself,
       w.account_id IS NOT NULL AS no_value,
       (%(as_of)s::date - q.since) / 30 AS tenure_months,
       c.probability AS called, c.reasons AS told
  FROM asked q
  LEFT JOIN people p ON p.account_id = q.account_id
  LEFT JOIN deciders d ON d.renewal_id = q.id
  LEFT JOIN happened e ON e.account_id = q.account_id
  LEFT JOIN tickets t ON t.account_id = q.account_id
  LEFT JOIN steps s ON s.renewal_id = q.id
  LEFT JOIN objections o ON o.renewal_id = q.id
  LEFT JOIN lines l ON l.renewal_id = q.id
  LEFT JOIN valueless w ON w.account_id = q.account_id
  LEFT JOIN history y ON y.profile = q.profile
  LEFT JOIN LATERAL (
      SELECT g.score, g.raw[v.place] AS trend FROM health_healthscore g LEFT JOIN place v ON v.version_id = g.version_id
       WHERE g.tenant_id = %(tenant_id)s AND g.account_id = q.account_id
         AND g.as_of <= %(as_of)s AND g.as_of > %(as_of)s::date - 14
       ORDER BY g.as_of DESC LIMIT 1) h ON true
  LEFT JOIN LATERAL (
      SELECT k.probability, k.reasons FROM renewals_renewalcall k
       WHERE k.tenant_id = %(tenant_id)s AND k.renewal_id = q.id AND k.caller = 'system'
       ORDER BY k.at DESC, k.id DESC LIMIT 1) c ON true
