-- Events, quantity and sessions of a day, by the day on which they were known. A session is what carries one session
-- id, or what one user did without 30 minutes of silence; its length is from its first to its last event. A late event
-- can join two sessions, so the row of a later known day holds the difference to what was known before (even below 0).
WITH known AS (
    SELECT account_id, day, known_on, count(*) AS events, sum(quantity) AS quantity
      FROM usage_raw GROUP BY account_id, day, known_on
), told AS (  -- each event as of each day on which something of its day became known
    SELECT k.account_id, k.day, k.known_on, r.user_ref, r.session, r.occurred_at
      FROM known k JOIN usage_raw r USING (account_id, day)
     WHERE r.known_on <= k.known_on AND (r.session <> '' OR r.user_ref <> '')
), steps AS (
    SELECT account_id, day, known_on,
           occurred_at - lag(occurred_at) OVER (PARTITION BY account_id, day, known_on, user_ref ORDER BY occurred_at) AS pause
      FROM told WHERE session = ''
), lengths AS (
    SELECT account_id, day, known_on, count(*) FILTER (WHERE pause IS NULL OR pause > interval '30 minutes') AS sessions,
           coalesce(sum(pause) FILTER (WHERE pause <= interval '30 minutes'), interval '0') AS length
      FROM steps GROUP BY account_id, day, known_on
    UNION ALL
    SELECT account_id, day, known_on, 1, max(occurred_at) - min(occurred_at)
      FROM told WHERE session <> '' GROUP BY account_id, day, known_on, session
), sums AS (
    SELECT account_id, day, known_on, sum(sessions) AS sessions, floor(extract(epoch FROM sum(length))) AS seconds
      FROM lengths GROUP BY account_id, day, known_on
)
INSERT INTO health_accountday AS d (tenant_id, account_id, day, known_on, events, quantity, sessions, session_seconds)
SELECT %(tenant)s, account_id, day, known_on, events, quantity,
       coalesce(sessions, 0) - coalesce(lag(sessions) OVER before, 0),
       coalesce(seconds, 0) - coalesce(lag(seconds) OVER before, 0)
  FROM known LEFT JOIN sums USING (account_id, day, known_on)
WINDOW before AS (PARTITION BY account_id, day ORDER BY known_on)
ON CONFLICT (tenant_id, account_id, day, known_on) DO UPDATE
   SET events = EXCLUDED.events + CASE WHEN d.day < %(kept_from)s THEN d.events ELSE 0 END,
       quantity = EXCLUDED.quantity + CASE WHEN d.day < %(kept_from)s THEN d.quantity ELSE 0 END,
       sessions = EXCLUDED.sessions + CASE WHEN d.day < %(kept_from)s THEN d.sessions ELSE 0 END,
       session_seconds = EXCLUDED.session_seconds + CASE WHEN d.day < %(kept_from)s THEN d.session_seconds ELSE 0 END
 WHERE d.day < %(kept_from)s OR (d.events, d.quantity, d.sessions, d.session_seconds)
       IS DISTINCT FROM (EXCLUDED.events, EXCLUDED.quantity, EXCLUDED.sessions, EXCLUDED.session_seconds)
