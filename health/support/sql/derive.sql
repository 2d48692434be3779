-- What each ticket is, from all that was said of it in the temporary table told, whatever the order in which it came.
-- Of two changes at the same moment the one with the higher number is the later one, then the one with the higher counts. A field that the latest change does
-- not carry is read from the latest one that does; one that is carried and empty is empty.
WITH said AS (
    SELECT ticket, event_at, state, cells, known_on, digest,
           lower(btrim(state)) = 'new' AS fresh,
           lower(btrim(state)) IN ('resolved', 'solved', 'closed', 'done', 'completed', 'fixed') AS done,
           lower(btrim(state)) IN ('closed') AS shut,
           coalesce((cells ->> 'reassignment_count')::int, 0) AS reassigned,
           coalesce((cells ->> 'reopen_count')::int, 0) AS reopened,
           coalesce((cells ->> 'sequence')::int, 0) AS seq,
           coalesce(cells ->> 'escalated_to', '') <> '' AS named
      FROM told
), turns AS (
    SELECT said.*,
           reassigned + reopened AS turn,
           max(event_at) FILTER (WHERE NOT done) OVER whole AS last_open,
           max(event_at) FILTER (WHERE NOT shut) OVER whole AS last_unshut,
           min(event_at) FILTER (WHERE done) OVER whole AS first_done,
           max(event_at) FILTER (WHERE cells ? 'resolved_at') OVER whole AS resolved_said,
           max(event_at) FILTER (WHERE cells ? 'closed_at') OVER whole AS closed_said
      FROM said
    WINDOW whole AS (PARTITION BY ticket)
)
SELECT ticket,
       min(known_on) AS known_on,
       (array_agg(state ORDER BY event_at DESC, seq DESC, turn DESC, done DESC, digest DESC))[1] AS state,
       (array_agg(cells ->> 'account' ORDER BY event_at DESC, seq DESC, turn DESC, done DESC, digest DESC))[1] AS account,
       coalesce((array_agg(cells ->> 'user' ORDER BY event_at DESC, seq DESC, turn DESC, done DESC, digest DESC)
                 FILTER (WHERE cells ? 'user'))[1], '') AS user_ref,
       coalesce((array_agg(cells ->> 'subject' ORDER BY event_at DESC, seq DESC, turn DESC, done DESC, digest DESC)
                 FILTER (WHERE cells ? 'subject'))[1], '') AS subject,
       coalesce((array_agg(cells ->> 'category' ORDER BY event_at DESC, seq DESC, turn DESC, done DESC, digest DESC)
                 FILTER (WHERE cells ? 'category'))[1], '') AS category,
       coalesce((array_agg(cells ->> 'priority' ORDER BY event_at DESC, seq DESC, turn DESC, done DESC, digest DESC)
                 FILTER (WHERE cells ? 'priority'))[1], '') AS priority,
       coalesce((array_agg(cells ->> 'sentiment' ORDER BY event_at DESC, seq DESC, turn DESC, done DESC, digest DESC)
                 FILTER (WHERE cells ? 'sentiment'))[1], '') AS sentiment,
       coalesce((array_agg((cells ->> 'opened_at')::timestamptz ORDER BY event_at DESC, seq DESC, turn DESC, done DESC, digest DESC)
                 FILTER (WHERE cells ->> 'opened_at' <> ''))[1], min(event_at)) AS opened_at,
       min(event_at) FILTER (WHERE NOT fresh) AS first_response_at,
       -- Changes that do not carry when a ticket was resolved say it by their state.
       coalesce((array_agg((cells ->> 'resolved_at')::timestamptz ORDER BY event_at DESC, seq DESC, turn DESC, done DESC, digest DESC)
                 FILTER (WHERE cells ? 'resolved_at'))[1],
                min(event_at) FILTER (WHERE done AND event_at > coalesce(greatest(last_open, resolved_said), '-infinity')))
           AS resolved_at,
       coalesce((array_agg((cells ->> 'closed_at')::timestamptz ORDER BY event_at DESC, seq DESC, turn DESC, done DESC, digest DESC)
                 FILTER (WHERE cells ? 'closed_at'))[1],
                min(event_at) FILTER (WHERE shut AND event_at > coalesce(greatest(last_unshut, closed_said), '-infinity')))
           AS closed_at,
       CASE WHEN bool_or(cells ? 'reopen_count') THEN max(reopened)
            ELSE (count(*) FILTER (WHERE NOT done AND event_at > first_done) > 0)::int END AS reopen_count,
       CASE WHEN bool_or(cells ? 'reopen_count') THEN min(event_at) FILTER (WHERE reopened > 0)
            ELSE min(event_at) FILTER (WHERE NOT done AND event_at > first_done) END AS reopened_at,
       max(reassigned) AS reassignment_count,
       min(event_at) FILTER (WHERE reassigned >= 2 OR named) AS escalated_at,
       coalesce((array_agg(cells ->> 'escalated_to' ORDER BY event_at DESC, seq DESC, turn DESC, done DESC, digest DESC)
                 FILTER (WHERE named))[1], '') AS escalated_to
  FROM turns
 GROUP BY ticket;
