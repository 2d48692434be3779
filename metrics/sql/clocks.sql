-- Every customer signed in the asked time with its three clocks (MET-14): the day of the first use, of the end of
-- onboarding, of the first value that it confirmed; and the day it left. Only what was known at the moment. Who was merged
-- by then counts with the one that it became a part of: the earliest day of each counts.
CREATE TEMPORARY TABLE clocked ON COMMIT DROP AS
WITH RECURSIVE way AS (
    SELECT id AS part_id, merged_into_id AS up, 1 AS steps FROM accounts_account
     WHERE merged_into_id IS NOT NULL AND merged_at <= %(known_at)s
    UNION ALL
    SELECT w.part_id, a.merged_into_id, w.steps + 1
      FROM way w JOIN accounts_account a ON a.id = w.up
     WHERE a.merged_into_id IS NOT NULL AND a.merged_at <= %(known_at)s AND w.steps < 40
), merged AS (
    SELECT part_id, up AS account_id FROM way w WHERE NOT EXISTS (SELECT FROM way s WHERE s.part_id = w.up)
), signed AS (
    SELECT coalesce(g.account_id, a.id) AS account_id, min(a.signed_on) AS signed_on
      FROM accounts_account a
      LEFT JOIN merged g ON g.part_id = a.id
     WHERE a.signed_on IS NOT NULL
     GROUP BY 1
    HAVING min(a.signed_on) BETWEEN %(signed_from)s AND least(%(signed_to)s, %(as_of)s)
), part AS (
    SELECT account_id, account_id AS part_id FROM signed
    UNION ALL
    SELECT g.account_id, g.part_id FROM merged g JOIN signed USING (account_id)
), login AS (
    SELECT p.account_id, min(u.day) AS day
      FROM part p
     CROSS JOIN LATERAL (SELECT d.day FROM health_accountday d
                          WHERE d.tenant_id = %(tenant_id)s AND d.account_id = p.part_id
                            AND d.day <= %(as_of)s AND d.known_on <= %(known_on)s
                          ORDER BY d.day LIMIT 1) u
     GROUP BY 1
), onboarded AS (
    SELECT p.account_id, min(e.happened_on) AS day
      FROM part p
      JOIN accounts_accountevent e ON e.account_id = p.part_id
     WHERE e.kind = 'onboarding_complete' AND e.happened_on <= %(as_of)s AND e.recorded_at <= %(known_at)s
     GROUP BY 1
), valued AS (
    SELECT p.account_id, min(o.confirmed_on) FILTER (WHERE o.confirmed_on <= %(as_of)s) AS day,
           (array_agg(o.name ORDER BY o.due_on, o.id))[1] AS planned, min(o.due_on) AS due_on
      FROM part p
      JOIN health_outcome o ON o.account_id = p.part_id
     WHERE o.first_value AND o.known_on <= %(known_on)s
       AND (o.dropped_on IS NULL OR o.dropped_on > %(as_of)s OR o.confirmed_on <= %(as_of)s)
     GROUP BY 1
), gone AS (
    -- Paid once, and by that day for nothing any more.
    SELECT v.account_id, max(e.until) AS day
      FROM (SELECT DISTINCT ON (c.subscription_id) p.account_id, c.end_on, c.past_due_on, c.voided, c.mrr_minor
              FROM part p
              JOIN accounts_subscriptionchange c ON c.account_id = p.part_id
             WHERE c.recorded_at <= %(known_at)s
             ORDER BY c.subscription_id, c.recorded_at DESC, c.id DESC) v
     CROSS JOIN LATERAL (SELECT coalesce(least(v.end_on, v.past_due_on + %(dunning_days)s::int), 'infinity') AS until) e
     WHERE NOT v.voided AND v.mrr_minor > 0
     GROUP BY 1
    HAVING max(e.until) <= %(as_of)s
)
SELECT s.account_id, s.signed_on, l.day AS login_on, o.day AS onboarding_on, v.day AS value_on, v.planned, v.due_on,
       g.day AS left_on, coalesce(x.name, '') AS segment, coalesce(x.profile, '') AS profile,
       (%(targets)s::jsonb ->> x.profile)::int AS target
  FROM signed s
  JOIN accounts_account a ON a.id = s.account_id
  LEFT JOIN accounts_segment x ON x.id = a.segment_id
  LEFT JOIN login l USING (account_id)
  LEFT JOIN onboarded o USING (account_id)
  LEFT JOIN valued v USING (account_id)
  LEFT JOIN gone g USING (account_id)
 WHERE %(segment)s = '' OR x.name = %(segment)s;
ANALYZE clocked;
