-- What the rules need beside scores and indicators, of the accounts in `scope` (id), at the end of the day.
WITH touches AS MATERIALIZED (
    SELECT t.account_id,
           (array_agg(t.status ORDER BY t.happened_at DESC) FILTER (WHERE t.kind IN ('qbr', 'ebr') AND t.status <> 'planned'))[1:2]
               AS reviews,
           count(*) FILTER (WHERE t.kind = 'training' AND t.status = 'attended'
                              AND t.happened_at < %(until)s - interval '90 days') AS trainings_before,
           count(*) FILTER (WHERE t.kind = 'training' AND t.status = 'attended'
                              AND t.happened_at >= %(until)s - interval '90 days') AS trainings_lately,
           max(t.happened_at) FILTER (WHERE t.status = 'attended' AND NOT t.inbound
                              AND t.kind NOT IN ('email', 'feedback', 'community')) AS last_meeting_at,
           greatest(max(t.replied_at) FILTER (WHERE t.replied_at < %(until)s),
                    max(t.happened_at) FILTER (WHERE t.inbound AND t.status NOT IN ('planned', 'cancelled', 'no_show'))) AS last_word_at
      FROM health_touchpoint t
      JOIN {scope} s ON s.id = t.account_id
     WHERE t.happened_at < %(until)s AND t.happened_at >= %(until)s - interval '365 days' AND t.known_on <= %(as_of)s
     GROUP BY 1
), tickets AS MATERIALIZED (
    SELECT t.account_id, count(*) FILTER (WHERE t.opened_at >= %(until)s - interval '28 days') AS tickets, count(*) AS tickets_90
      FROM health_ticket t
      JOIN {scope} s ON s.id = t.account_id
     WHERE t.opened_at < %(until)s AND t.opened_at >= %(until)s - interval '90 days' AND t.known_on <= %(as_of)s
     GROUP BY 1
), happened AS MATERIALIZED (
    SELECT e.account_id, jsonb_agg(jsonb_build_array(e.id, e.kind, e.happened_on) ORDER BY e.happened_on, e.id) AS events
      FROM accounts_accountevent e
      JOIN {scope} s ON s.id = e.account_id
     WHERE e.happened_on <= %(as_of)s AND e.happened_on > %(as_of)s::date - 91
     GROUP BY 1
), measured AS MATERIALIZED (
    SELECT DISTINCT ON (m.outcome_id) m.outcome_id, m.value
      FROM health_outcomemeasurement m
     WHERE m.measured_on <= %(as_of)s AND m.known_on <= %(as_of)s
     ORDER BY m.outcome_id, m.measured_on DESC, m.recorded_at DESC
), wished AS MATERIALIZED (
    SELECT o.account_id,
           min(o.confirmed_on) FILTER (WHERE o.first_value AND o.confirmed_on <= %(as_of)s) AS first_value_on,
           bool_or(o.first_value) AS first_value_planned,
           jsonb_agg(jsonb_build_array(o.id, o.name, o.due_on) ORDER BY o.due_on, o.id) FILTER (
               WHERE NOT o.first_value AND o.due_on < %(as_of)s AND (o.confirmed_on IS NULL OR o.confirmed_on > %(as_of)s)
                 AND coalesce((m.value - o.baseline) / (o.target - o.baseline) < 1, true)) AS missed
      FROM health_outcome o
      JOIN {scope} s ON s.id = o.account_id
      LEFT JOIN measured m ON m.outcome_id = o.id
     WHERE (o.dropped_on IS NULL OR o.dropped_on > %(as_of)s) AND o.known_on <= %(as_of)s
     GROUP BY 1
), scored AS (
    SELECT h.account_id, h.as_of, h.band, first_value(h.band) OVER latest_first AS now,
           first_value(h.score) OVER latest_first AS score, first_value(h.as_of) OVER latest_first AS day
      FROM health_healthscore h
      JOIN {scope} s ON s.id = h.account_id
     WHERE h.as_of <= %(as_of)s AND h.as_of > %(as_of)s::date - 60
    WINDOW latest_first AS (PARTITION BY h.account_id ORDER BY h.as_of DESC)
), marked AS (
    -- The last day in another band: since then it has been in this one without a break. Windows and not joins of the
    -- scores with themselves: they were written a minute ago, and the planner knows nothing of them yet.
    SELECT *, max(as_of) FILTER (WHERE band <> now) OVER (PARTITION BY account_id) AS turned
      FROM scored
     WHERE day = %(as_of)s
), latest AS MATERIALIZED (
    SELECT account_id, score, now AS band, max(band) FILTER (WHERE as_of = turned) AS band_before,
           min(as_of) FILTER (WHERE turned IS NULL OR as_of > turned) AS band_since
      FROM marked
     GROUP BY 1, 2, 3
), answered AS MATERIALIZED (
    -- Somebody said what will be done, or a talk is planned. The answer to "no action yet" itself does not end it: the
    -- alert would end, take the action with it and come back.
    SELECT account_id FROM health_alert
     WHERE state = 'open' AND answered_at IS NOT NULL AND rule <> 'no_action' AND (due_on IS NULL OR due_on >= %(as_of)s)
     UNION
    SELECT t.account_id FROM health_touchpoint t
      JOIN {scope} s ON s.id = t.account_id
     WHERE t.status = 'planned' AND t.happened_at >= %(until)s
)
SELECT a.id AS account_id, coalesce(g.profile, 'mid_market') AS profile, coalesce(a.signed_on, a.customer_since) AS signed_on,
       a.mrr_minor, l.score::float8 AS score, l.band, l.band_before, l.band_since,
       coalesce(t.reviews, '{}') AS reviews, coalesce(t.trainings_before, 0) AS trainings_before,
       coalesce(t.trainings_lately, 0) AS trainings_lately,
       (t.last_meeting_at AT TIME ZONE %(zone)s)::date AS last_meeting_on, (t.last_word_at AT TIME ZONE %(zone)s)::date AS last_word_on,
       coalesce(k.tickets, 0) AS tickets, coalesce(k.tickets_90, 0) AS tickets_90,
       coalesce(e.events, '[]') AS events, coalesce(w.missed, '[]') AS missed,
       w.first_value_on, coalesce(w.first_value_planned, false) AS first_value_planned, n.account_id IS NOT NULL AS has_action
  FROM {scope} s
  JOIN accounts_account a ON a.id = s.id
  JOIN latest l ON l.account_id = a.id
  LEFT JOIN accounts_segment g ON g.id = a.segment_id
  LEFT JOIN touches t ON t.account_id = a.id
  LEFT JOIN tickets k ON k.account_id = a.id
  LEFT JOIN happened e ON e.account_id = a.id
  LEFT JOIN wished w ON w.account_id = a.id
  LEFT JOIN answered n ON n.account_id = a.id
