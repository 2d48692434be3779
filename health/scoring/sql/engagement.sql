-- The engagement family: meetings, e-mails, contacts, answers to surveys and adverse events of each question.
CREATE TEMPORARY TABLE got_engagement ON COMMIT DROP AS
WITH
    -- Touchpoints of an account up to the day. An answer that came later is not there yet.
    touched AS (
        SELECT q.n, t.contact_id, t.kind, t.status, t.sentiment, e.day, e.replied, e.opened, e.met,
               q.as_of - e.day AS age,
               extract(epoch FROM t.replied_at - t.happened_at)::float8 / 3600 AS hours,
               -- A letter of ours is judged when the customer has had a week to answer.
               t.kind = 'email' AND NOT t.inbound AND t.status <> 'planned' AND q.as_of - e.day >= 7 AS mature,
               -- What was cancelled or missed is no contact, whoever had asked for it.
               e.took_place AND (t.inbound OR e.met OR e.replied OR t.kind = 'feedback') AS two_way, e.took_place,
               CASE WHEN e.replied AND t.replied_at IS NOT NULL
                    THEN q.as_of - timezone(%(zone)s, t.replied_at)::date ELSE q.as_of - e.day END AS contact_age
          FROM asked q
          JOIN health_touchpoint t ON t.account_id = q.account_id AND t.happened_at < q.until AND t.known_on <= q.known_on
                                  AND t.happened_at >= q.until - %(touchpoints)s * interval '1 day'
         CROSS JOIN LATERAL (
            SELECT timezone(%(zone)s, t.happened_at)::date AS day,
                   -- Where a source gives no moment, its word is taken.
                   coalesce(t.replied_at < q.until, t.status = 'replied') AS replied,
                   coalesce(least(t.opened_at, t.clicked_at, t.replied_at) < q.until, t.status IN ('opened', 'clicked', 'replied'))
                       AS opened,
                   t.status NOT IN ('planned', 'cancelled', 'no_show') AS took_place,
                   t.status = 'attended' AND t.kind NOT IN ('email', 'feedback', 'community') AS met
         ) e
         WHERE t.status <> 'planned'
    ),
    touches AS (
        SELECT n,
               count(*) FILTER (WHERE meeting AND met)::float8 / nullif(count(*) FILTER (WHERE meeting), 0) AS meeting_attendance,
               count(*) FILTER (WHERE mature AND age < %(reply_rate)s AND replied)::float8
                   / nullif(count(*) FILTER (WHERE mature AND age < %(reply_rate)s), 0) AS reply_rate,
               percentile_cont(0.5) WITHIN GROUP (ORDER BY hours)
                   FILTER (WHERE mature AND age < %(reply_hours)s AND replied AND hours >= 0) AS reply_hours,
               count(*) FILTER (WHERE mature AND age < %(email_opens)s AND opened)::float8
                   / nullif(count(*) FILTER (WHERE mature AND age < %(email_opens)s), 0) AS email_opens,
               coalesce(min(contact_age) FILTER (WHERE two_way AND age < %(last_contact)s),
                        max(age) FILTER (WHERE age < %(last_contact)s))::float8 AS last_contact,
               (count(*) FILTER (WHERE moody AND sentiment = 'positive') - count(*) FILTER (WHERE moody AND sentiment = 'negative'))
                   ::float8 / nullif(count(*) FILTER (WHERE moody), 0) AS sentiment,
               count(*) FILTER (WHERE kind IN ('feedback', 'community') AND age < %(feedback)s)::float8 AS feedback
          FROM (SELECT *, kind IN ('qbr', 'ebr', 'check_in', 'training', 'meeting', 'planning')
                          AND status IN ('attended', 'cancelled', 'no_show') AND age < %(meeting_attendance)s AS meeting,
                       sentiment <> '' AND took_place AND age < %(sentiment)s AS moody FROM touched) t
         GROUP BY n
    ),
    -- Answers to surveys.
    answered AS (
        SELECT q.n, s.id, s.contact_id, s.kind, s.context, s.score, s.scale, s.answered_at,
               q.as_of - timezone(%(zone)s, s.answered_at)::date AS age
          FROM asked q
          JOIN health_survey s ON s.account_id = q.account_id AND s.answered_at < q.until AND s.known_on <= q.known_on
                              AND s.answered_at >= q.until - %(surveys)s * interval '1 day'
    ),
    -- Each person's latest answer; of those without a name each one counts. CSAT from the lowest answer (1) to the highest.
    surveys AS (
        SELECT n, avg(score) FILTER (WHERE kind IN ('nps', 'journey_nps') AND latest AND age < %(nps)s)::float8 AS nps,
               avg(least(greatest((score - 1) / nullif(scale - 1, 0), 0), 1))
                   FILTER (WHERE kind = 'csat' AND context = 'ticket' AND age < %(csat)s)::float8 AS csat
          FROM (SELECT *, row_number() OVER (PARTITION BY n, coalesce(contact_id, id), kind IN ('nps', 'journey_nps')
                                                 ORDER BY answered_at DESC, id DESC) = 1 AS latest FROM answered) s
         GROUP BY n
    ),
    -- People that belong to the account now, and those that did then.
    persons AS (
        SELECT q.n, c.id FROM asked q JOIN accounts_contact c ON c.account_id = q.account_id
         UNION
        SELECT q.n, h.contact_id FROM asked q JOIN accounts_contactpast h ON h.account_id = q.account_id AND h.until >= q.known_until
    ),
    -- As a person stood then, where that is not as today: the first of what ended later.
    stood AS (
        SELECT DISTINCT ON (e.n, e.id) e.n, e.id, h.account_id, h.role, h.last_contact_on, h.left_on
          FROM persons e
          JOIN asked q USING (n)
          JOIN accounts_contactpast h ON h.contact_id = e.id AND h.until >= q.known_until
         ORDER BY e.n, e.id, h.until, h.id
    ),
    -- People: there (not gone, and known by then), and seen in the window.
    people AS (
        SELECT q.n, (least(count(*) FILTER (WHERE s.seen OR coalesce(q.as_of - v.last_contact_on BETWEEN 0 AND %(relationships)s - 1, false)), 3)
               + bool_or(v.role = 'champion')::int + bool_or(v.role = 'executive_sponsor')::int)::float8 AS relationships
          FROM persons e
          JOIN asked q USING (n)
          JOIN accounts_contact c ON c.id = e.id
          LEFT JOIN stood h ON h.n = e.n AND h.id = e.id
         CROSS JOIN LATERAL (SELECT CASE WHEN h.id IS NULL THEN c.account_id ELSE h.account_id END AS account_id,
                                    CASE WHEN h.id IS NULL THEN c.role ELSE h.role END AS role,
                                    CASE WHEN h.id IS NULL THEN c.last_contact_on ELSE h.last_contact_on END AS last_contact_on,
                                    CASE WHEN h.id IS NULL THEN c.left_on ELSE h.left_on END AS left_on) v
          LEFT JOIN (SELECT n, contact_id, bool_or(live AND age < %(relationships)s) AS seen
                       FROM (SELECT n, contact_id, two_way AS live, contact_age AS age FROM touched WHERE contact_id IS NOT NULL
                             UNION ALL SELECT n, contact_id, true, age FROM answered WHERE contact_id IS NOT NULL) both_ways
                      GROUP BY n, contact_id) s ON s.n = q.n AND s.contact_id = c.id
         WHERE v.account_id = q.account_id AND (v.left_on IS NULL OR v.left_on > q.as_of)
           AND (c.created_at < q.known_until OR s.contact_id IS NOT NULL)
         GROUP BY q.n
    ),
    -- Adverse events at the customer; unknown where nobody ever notes any for this account.
    happened AS (
        SELECT q.n, count(*) FILTER (WHERE q.as_of - e.happened_on < %(context)s
                                       AND e.kind IN ('champion_left', 'champion_role_changed', 'budget_cut', 'reorganisation', 'merger',
                                                      'leadership_change', 'competitor_demo', 'competitive_activity'))::float8 AS context
          FROM asked q
          JOIN accounts_accountevent e ON e.account_id = q.account_id AND e.happened_on <= q.as_of
                                      AND e.happened_on > q.as_of - greatest(365, %(context)s)
                                      AND timezone(%(zone)s, e.recorded_at)::date <= q.known_on
         GROUP BY q.n
    )
SELECT q.n, t.meeting_attendance, t.reply_rate, t.reply_hours, t.email_opens, t.last_contact, t.sentiment, t.feedback,
       p.relationships, s.nps, s.csat, h.context
  FROM asked q
  LEFT JOIN touches t USING (n)
  LEFT JOIN people p USING (n)
  LEFT JOIN surveys s USING (n)
  LEFT JOIN happened h USING (n);
