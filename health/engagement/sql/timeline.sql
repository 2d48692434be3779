-- Everything that happened with an account up to an instant, latest first: one line a happening, from `before` on.
-- After the lines, one line for each group with how many it has in all (`n`). Days begin at midnight of the tenant.
WITH every AS MATERIALIZED (
    SELECT CASE WHEN t.kind = 'email' THEN 'emails' ELSE 'talks' END AS grp, 'touchpoint' AS what, t.happened_at AS at,
           t.id, NULL::jsonb AS said
      FROM health_touchpoint t
     WHERE t.account_id = %(account)s AND t.status <> 'planned'
     UNION ALL
    SELECT 'events', 'event', timezone(%(zone)s, e.happened_on::timestamp), e.id, NULL
      FROM accounts_accountevent e
     WHERE e.account_id = %(account)s
     UNION ALL
    SELECT 'events', 'gone', timezone(%(zone)s, c.left_on::timestamp), c.id, NULL
      FROM accounts_contact c
     WHERE c.account_id = %(account)s AND c.left_on IS NOT NULL
     UNION ALL
    SELECT 'health', 'alert', l.opened_at, l.id, NULL FROM health_alert l WHERE l.account_id = %(account)s
     UNION ALL
    SELECT 'tickets', 'opened', t.opened_at, t.id, NULL FROM health_ticket t WHERE t.account_id = %(account)s
     UNION ALL
    SELECT 'tickets', 'resolved', t.resolved_at, t.id, NULL
      FROM health_ticket t
     WHERE t.account_id = %(account)s AND t.resolved_at IS NOT NULL
     UNION ALL
    SELECT 'surveys', 'survey', s.answered_at, s.id, NULL FROM health_survey s WHERE s.account_id = %(account)s
     UNION ALL
    -- The latest recorded measurement of a day counts.
    SELECT 'outcomes', 'measured', timezone(%(zone)s, m.measured_on::timestamp), m.id, NULL
      FROM (SELECT DISTINCT ON (m.outcome_id, m.measured_on) m.id, m.measured_on
              FROM health_outcomemeasurement m
              JOIN health_outcome o ON o.id = m.outcome_id
             WHERE o.account_id = %(account)s
             ORDER BY m.outcome_id, m.measured_on, m.recorded_at DESC, m.id DESC) m
     UNION ALL
    SELECT 'outcomes', 'confirmed', timezone(%(zone)s, o.confirmed_on::timestamp), o.id, NULL
      FROM health_outcome o
     WHERE o.account_id = %(account)s AND o.confirmed_on IS NOT NULL
     UNION ALL
    SELECT 'money', 'period', timezone(%(zone)s, c.effective_on::timestamp), c.id, NULL
      FROM accounts_subscriptionchange c
     WHERE c.account_id = %(account)s
     UNION ALL
    SELECT 'health', 'band', timezone(%(zone)s, h.as_of::timestamp), %(account)s,
           jsonb_build_object('was', h.was, 'before', h.before, 'score', h.score, 'band', h.band)
      FROM (SELECT s.as_of, s.score, s.band, lag(s.score) OVER days AS was, lag(s.band) OVER days AS before
              FROM health_healthscore s
             WHERE s.account_id = %(account)s
            WINDOW days AS (ORDER BY s.as_of)) h
     WHERE h.before <> h.band
     UNION ALL
    -- What floors above tell, in the same columns.
    SELECT m.grp, m.what, m.at, m.id, m.said FROM {more} AS m
), shown AS (
    SELECT e.*, e.what || e.id::text AS key
      FROM every e
     WHERE e.at <= %(until)s AND (%(grp)s = '' OR e.grp = %(grp)s)
       AND (%(before)s::timestamptz IS NULL OR (e.at, e.what || e.id::text) < (%(before)s::timestamptz, %(key)s))
     ORDER BY e.at DESC, key DESC
     LIMIT %(size)s
)
(SELECT grp, what, at, id, said, key, NULL::bigint AS n FROM shown ORDER BY at DESC, key DESC)
UNION ALL
SELECT grp, NULL, NULL, NULL, NULL, NULL, count(*) FROM every WHERE at <= %(until)s GROUP BY grp;
