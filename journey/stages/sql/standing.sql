-- What the measured criteria are judged by, for each of the stage periods in `ids`, at the end of the day `as_of`: one row
-- each. A track with a unit is measured at the unit where usage knows it, else at its account; one of an account that was
-- merged at the account that remains. Null: nothing is known.
WITH part AS MATERIALIZED (
    SELECT s.id, s.into_id FROM {standing} s
), asked AS MATERIALIZED (
    SELECT p.id AS period_id, p.stage, t.id AS track_id, t.kind, t.seats, t.opened_on, own.account_id,
           CASE WHEN t.unit_id IS NOT NULL
                 AND EXISTS (SELECT FROM health_accountday d WHERE d.account_id = t.unit_id AND d.day <= %(usage_day)s)
                THEN t.unit_id ELSE own.account_id END AS subject_id
      FROM journey_stageperiod p
      JOIN journey_track t ON t.id = p.track_id
      LEFT JOIN part ON part.id = t.account_id
     CROSS JOIN LATERAL (SELECT coalesce(part.into_id, t.account_id) AS account_id) own
     WHERE p.id = ANY (%(ids)s::uuid[])
), subject AS MATERIALIZED (
    SELECT DISTINCT subject_id AS id FROM asked
), owner AS MATERIALIZED (
    SELECT DISTINCT account_id AS id FROM asked
), whole AS MATERIALIZED (
    -- An account with what was merged into it: money and success criteria count for both.
    SELECT id, id AS part_id FROM owner
     UNION ALL
    SELECT o.id, part.id FROM owner o JOIN part ON part.into_id = o.id
     UNION
    SELECT id, id FROM subject
), bits AS MATERIALIZED (
    -- The last 56 days of each person: bit 0 is the first of them, bit 55 the last.
    SELECT u.account_id, u.user_id,
           bit_or(CASE WHEN o.off >= 0 THEN u.days::bigint << o.off ELSE u.days::bigint >> -o.off END) & ((1::bigint << 56) - 1) AS days
      FROM subject s
      JOIN health_usermonth u ON u.account_id = s.id AND u.month > %(usage_day)s::date - 90 AND u.month <= %(usage_day)s
     CROSS JOIN LATERAL (SELECT u.month - (%(usage_day)s::date - 55) AS off) o
     GROUP BY 1, 2
), people AS MATERIALIZED (
    SELECT b.account_id, b.user_id, b.days >> 28 AS days, b.days & ((1 << 28) - 1) AS before FROM bits b
), used AS MATERIALIZED (
    SELECT account_id, count(*) FILTER (WHERE days <> 0) AS active,
           count(*) FILTER (WHERE (days & 127 <> 0)::int + (days >> 7 & 127 <> 0)::int + (days >> 14 & 127 <> 0)::int
                                + (days >> 21 <> 0)::int >= 3) AS regular,
           sum(bit_count(days::bit(64))) AS user_days, sum(bit_count(before::bit(64))) AS user_days_before
      FROM people GROUP BY 1
), core AS MATERIALIZED (
    SELECT s.id AS account_id, count(*) AS named, count(*) FILTER (WHERE a.account_id IS NOT NULL) AS active
      FROM subject s
      JOIN accounts_contact c ON c.account_id = s.id AND c.role = 'core_user' AND (c.left_on IS NULL OR c.left_on > %(as_of)s)
      LEFT JOIN health_usageuser u ON u.external_id = c.external_id
      LEFT JOIN people a ON a.account_id = s.id AND a.user_id = u.id AND a.days <> 0
     GROUP BY 1
), paid AS MATERIALIZED (
    SELECT w.id AS account_id, sum(p.seats) AS seats
      FROM whole w
      JOIN accounts_subscription p ON p.account_id = w.part_id
     WHERE NOT p.voided AND p.seats > 0 AND p.start_on <= %(as_of)s AND (p.end_on IS NULL OR p.end_on > %(as_of)s)
     GROUP BY 1
), featured AS MATERIALIZED (
    -- People are counted once in the 28 days, which only the raw events know; asked of the one stage that needs it.
    SELECT account_id, count(*) FILTER (WHERE people >= 5) AS features
      FROM (SELECT e.account_id, f.id, count(DISTINCT e.user_ref) AS people
              FROM (SELECT DISTINCT subject_id AS id FROM asked WHERE stage = 'adoption') s
              JOIN health_usageevent e ON e.account_id = s.id AND e.day <= %(usage_day)s AND e.day > %(usage_day)s::date - 28
                                      AND e.user_ref <> ''
              JOIN accounts_feature f ON f.key = e.event
             GROUP BY 1, 2) each_feature
     GROUP BY 1
), heard AS MATERIALIZED (
    SELECT s.id AS account_id FROM subject s
     WHERE EXISTS (SELECT FROM health_accountday d WHERE d.account_id = s.id AND d.day <= %(usage_day)s)
), teams AS MATERIALIZED (
    SELECT o.id AS account_id,
           (SELECT count(*) FROM accounts_account c
             WHERE c.parent_id = o.id AND c.level <> 'company'
               AND EXISTS (SELECT FROM health_accountday d
                            WHERE d.account_id = c.id AND d.day <= %(usage_day)s AND d.day > %(usage_day)s::date - 28))
           + (SELECT count(*) FROM journey_track t
               WHERE t.account_id IN (SELECT w.part_id FROM whole w WHERE w.id = o.id) AND t.kind <> 'core' AND t.unit_id IS NULL
                 AND (t.closed_on IS NULL OR t.closed_on > %(as_of)s)
                 AND EXISTS (SELECT FROM journey_stageperiod p
                              WHERE p.track_id = t.id AND p.stage = 'onboarding' AND p.outcome = 'completed'
                                AND p.exited_on <= %(as_of)s)) AS teams
      FROM owner o
), scored AS MATERIALIZED (
    SELECT h.account_id, h.as_of, h.band, h.score, max(h.as_of) OVER (PARTITION BY h.account_id) AS latest
      FROM health_healthscore h
      JOIN owner o ON o.id = h.account_id
     WHERE h.as_of <= %(as_of)s AND h.as_of > %(as_of)s::date - 120
), turned AS MATERIALIZED (
    SELECT account_id, latest, max(as_of) FILTER (WHERE band <> 'green') AS not_green, min(as_of) AS first_day,
           max(score) FILTER (WHERE as_of = latest) AS score
      FROM scored GROUP BY 1, 2
), health AS MATERIALIZED (
    -- Days in a row with a green score, the latest one included.
    SELECT account_id, latest AS day, score::float8 AS score,
           CASE WHEN not_green IS NULL THEN latest - first_day + 1 ELSE latest - not_green END AS green_days
      FROM turned
     WHERE score IS NOT NULL
), touched AS MATERIALIZED (
    SELECT account_id, count(*) AS people
      FROM (SELECT c.account_id, c.id
              FROM owner o
              JOIN accounts_contact c ON c.account_id = o.id AND (c.left_on IS NULL OR c.left_on > %(as_of)s)
             WHERE c.last_contact_on BETWEEN %(as_of)s::date - 89 AND %(as_of)s
                OR EXISTS (SELECT FROM health_touchpoint t
                            WHERE t.account_id = o.id AND t.contact_id = c.id AND t.happened_at < %(until)s
                              AND t.happened_at >= %(until)s - interval '90 days'
                              AND t.status NOT IN ('planned', 'cancelled', 'no_show')
                              AND (t.inbound OR t.replied_at IS NOT NULL OR t.status = 'replied'
                                   OR t.status = 'attended' AND t.kind NOT IN ('email', 'community')))) seen
     GROUP BY 1
), troubled AS MATERIALIZED (
    SELECT t.account_id, count(*) AS tickets
      FROM owner o
      JOIN health_ticket t ON t.account_id = o.id
     WHERE t.opened_at < %(until)s AND coalesce(least(t.resolved_at, t.closed_at) >= %(until)s, true)
       AND (t.level IN ('urgent', 'high') OR t.escalated_at < %(until)s)
     GROUP BY 1
), reached AS MATERIALIZED (
    -- Success criteria that were confirmed, or measured at their target, by the day; each with the day of it.
    SELECT w.id AS account_id, o.first_value, o.story <> '' AS told, o.name,
           least(CASE WHEN o.confirmed_on <= %(as_of)s THEN o.confirmed_on END, v.day) AS day
      FROM whole w
      JOIN health_outcome o ON o.account_id = w.part_id AND (o.dropped_on IS NULL OR o.dropped_on > %(as_of)s)
      LEFT JOIN LATERAL (SELECT m.measured_on AS day, (m.value - o.baseline) / (o.target - o.baseline) AS done
                           FROM health_outcomemeasurement m
                          WHERE m.outcome_id = o.id AND m.measured_on <= %(as_of)s
                          ORDER BY m.measured_on DESC, m.recorded_at DESC LIMIT 1) v ON v.done >= 1
     WHERE o.agreed_on <= %(as_of)s
), told AS MATERIALIZED (
    SELECT account_id, count(*) FILTER (WHERE told AND day > %(as_of)s::date - 365) AS stories FROM reached
     WHERE day IS NOT NULL GROUP BY 1
)
SELECT a.period_id, u.account_id IS NOT NULL AS heard, coalesce(used.active, 0)::int AS active, coalesce(used.regular, 0)::int AS regular,
       coalesce(used.user_days, 0)::int AS user_days, coalesce(used.user_days_before, 0)::int AS user_days_before,
       coalesce(core.named, 0)::int AS core_named, coalesce(core.active, 0)::int AS core_active,
       coalesce(a.seats, paid.seats)::int AS seats, coalesce(featured.features, 0)::int AS features, teams.teams::int AS teams,
       health.green_days, health.score, health.day AS scored_on, coalesce(touched.people, 0)::int AS people,
       coalesce(troubled.tickets, 0)::int AS tickets, coalesce(told.stories, 0)::int AS stories,
       value.day AS value_on, coalesce(value.told, false) AS value_told, coalesce(value.name, '') AS value_name
  FROM asked a
  JOIN teams ON teams.account_id = a.account_id
  LEFT JOIN heard u ON u.account_id = a.subject_id
  LEFT JOIN used ON used.account_id = a.subject_id
  LEFT JOIN core ON core.account_id = a.subject_id
  LEFT JOIN paid ON paid.account_id = a.subject_id
  LEFT JOIN featured ON featured.account_id = a.subject_id
  LEFT JOIN health ON health.account_id = a.account_id
  LEFT JOIN touched ON touched.account_id = a.account_id
  LEFT JOIN troubled ON troubled.account_id = a.account_id
  LEFT JOIN told ON told.account_id = a.account_id
  -- A further track has to reach a value of its own: one that came after it began.
  LEFT JOIN LATERAL (SELECT r.day, r.told, r.name FROM reached r
                      WHERE r.account_id IN (a.account_id, a.subject_id) AND r.first_value AND r.day IS NOT NULL
                        AND (a.kind = 'core' OR r.day >= a.opened_on)
                      ORDER BY r.told DESC, r.day, r.name LIMIT 1) value ON true
