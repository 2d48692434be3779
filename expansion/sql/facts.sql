-- What the rules of expansion.rules look at, of each live account at the end of the day `as_of`: one row each. Contracts, journeys
-- and events of what was merged into an account count for it. Days of use are bits of a month (health/usage/formulas.window).
WITH part AS MATERIALIZED (
    SELECT s.id, s.into_id FROM {standing} s
), live AS MATERIALIZED (
    SELECT a.id, a.mrr_minor, a.health_band AS band, coalesce(g.profile, 'mid_market') AS profile
      FROM accounts_account a
      LEFT JOIN accounts_segment g ON g.id = a.segment_id
     WHERE a.status = 'live' AND a.merged_into_id IS NULL
), whole AS MATERIALIZED (
    SELECT id, id AS part_id FROM live
     UNION ALL
    SELECT l.id, p.id FROM live l JOIN part p ON p.into_id = l.id
), windows AS MATERIALIZED (
    SELECT * FROM unnest(%(months)s::date[], %(now_bits)s::int[], %(before_bits)s::int[]) AS w(month, now_bits, before_bits)
), people AS MATERIALIZED (
    SELECT u.account_id, u.user_id, bool_or(u.days & w.now_bits <> 0) AS now, bool_or(u.days & w.before_bits <> 0) AS before
      FROM windows w
      JOIN health_usermonth u ON u.month = w.month AND (u.days & w.now_bits <> 0 OR u.days & w.before_bits <> 0)
     GROUP BY 1, 2
), used AS MATERIALIZED (
    SELECT account_id, count(*) FILTER (WHERE now) AS users, count(*) FILTER (WHERE before) AS users_before
      FROM people GROUP BY 1
), amount AS MATERIALIZED (
    SELECT account_id, sum(quantity) AS quantity
      FROM health_accountday
     WHERE day <= %(usage_day)s AND day > %(usage_day)s::date - %(limit_days)s::int
     GROUP BY 1
), metered AS MATERIALIZED (
    -- Products with a limit, of which the catalogue names features: what counts for such a plan is the use of these.
    SELECT DISTINCT f.product_id FROM accounts_feature f JOIN accounts_plan l ON l.product_id = f.product_id AND l.usage_limit > 0
), of_product AS MATERIALIZED (
    SELECT d.account_id, f.product_id, sum(d.quantity) AS quantity
      FROM health_featureday d
      JOIN accounts_feature f ON f.id = d.feature_id AND f.product_id IN (SELECT product_id FROM metered)
     WHERE d.day <= %(usage_day)s AND d.day > %(usage_day)s::date - %(limit_days)s::int
     GROUP BY 1, 2
), known AS MATERIALIZED (
    -- Since when usage of the account is heard of: growth is told of who was there before.
    SELECT account_id, min(month) AS since FROM health_usermonth WHERE month <= %(usage_day)s GROUP BY 1
), paid AS MATERIALIZED (
    SELECT w.id AS account_id, p.seats, p.plan_id, p.product_id
      FROM whole w
      JOIN accounts_subscription p ON p.account_id = w.part_id
     WHERE NOT p.voided AND p.mrr_minor > 0 AND p.start_on <= %(as_of)s AND (p.end_on IS NULL OR p.end_on > %(as_of)s)
), seated AS MATERIALIZED (
    SELECT account_id, sum(seats) AS seats FROM paid WHERE seats > 0 GROUP BY 1
), planned AS MATERIALIZED (
    SELECT account_id, jsonb_agg(jsonb_build_array(id, name, usage_limit, product_id, used) ORDER BY rank, id) AS plans
      FROM (SELECT DISTINCT p.account_id, l.id, l.name, l.usage_limit, l.product_id, l.rank,
                   CASE WHEN m.product_id IS NULL THEN a.quantity ELSE coalesce(q.quantity, 0) END AS used
              FROM paid p
              JOIN accounts_plan l ON l.id = p.plan_id AND l.usage_limit > 0
              LEFT JOIN metered m ON m.product_id = l.product_id
              LEFT JOIN of_product q ON q.account_id = p.account_id AND q.product_id = l.product_id
              LEFT JOIN amount a ON a.account_id = p.account_id) each_plan
     GROUP BY 1
), parts AS MATERIALIZED (
    SELECT w.id AS account_id, jsonb_agg(jsonb_build_array(t.id, t.kind, t.name, t.seats, t.opened_on) ORDER BY t.opened_on, t.id) AS tracks
      FROM whole w
      JOIN journey_track t ON t.account_id = w.part_id
     WHERE t.kind <> 'core' AND t.opened_on BETWEEN %(tracks_since)s AND %(as_of)s
       AND (t.closed_on IS NULL OR t.closed_on > %(as_of)s)
     GROUP BY 1
), wished AS MATERIALIZED (
    -- A champion asks for what is missing: an open issue of their account that they are named for.
    SELECT w.id AS account_id, jsonb_agg(jsonb_build_array(i.id, i.title, c.name, x.since) ORDER BY x.since, i.id) AS wishes
      FROM whole w
      JOIN journey_issueaccount x ON x.account_id = w.part_id AND x.since <= %(as_of)s
      JOIN journey_issue i ON i.id = x.issue_id AND i.kind IN ('gap', 'link') AND i.state NOT IN ('shipped', 'declined')
      JOIN accounts_contact c ON c.id = x.contact_id AND c.role IN ('champion', 'executive_sponsor', 'decision_maker')
                             AND (c.left_on IS NULL OR c.left_on > %(as_of)s)
     GROUP BY 1
), happened AS MATERIALIZED (
    SELECT w.id AS account_id, jsonb_agg(jsonb_build_array(e.id, e.kind, e.happened_on, e.note) ORDER BY e.happened_on, e.id) AS events
      FROM whole w
      JOIN accounts_accountevent e ON e.account_id = w.part_id
     WHERE e.kind IN ('growth', 'competitive_activity')
       AND e.happened_on <= %(as_of)s AND e.happened_on > %(events_since)s
     GROUP BY 1
), renewing AS MATERIALIZED (
    SELECT w.id AS account_id, jsonb_agg(jsonb_build_array(r.id, r.due_on) ORDER BY r.due_on, r.id) AS renewals
      FROM whole w
      JOIN renewals_renewal r ON r.account_id = w.part_id AND r.state = 'open' AND r.opened_on <= %(as_of)s AND r.due_on > %(as_of)s
     GROUP BY 1
), speaking AS MATERIALIZED (
    SELECT w.id AS account_id, bool_or(q.qualified) AS qualified,
           count(*) FILTER (WHERE d.id IS NOT NULL) AS advocates
      FROM whole w
      LEFT JOIN advocacy_qualification q ON q.account_id = w.part_id
      LEFT JOIN advocacy_advocate d ON d.account_id = w.part_id AND d.state = 'enrolled' AND d.enrolled_on <= %(as_of)s
     GROUP BY 1
)
SELECT l.id AS account_id, l.mrr_minor, l.band, l.profile, coalesce(u.users, 0)::int AS users,
       coalesce(u.users_before, 0)::int AS users_before, k.since AS used_since,
       s.seats::int AS seats, coalesce(n.plans, '[]') AS plans, coalesce(p.tracks, '[]') AS tracks,
       coalesce(i.wishes, '[]') AS wishes, coalesce(e.events, '[]') AS events, coalesce(r.renewals, '[]') AS renewals,
       coalesce(v.qualified, false) AS qualified, coalesce(v.advocates, 0)::int AS advocates
  FROM live l
  LEFT JOIN used u ON u.account_id = l.id
  LEFT JOIN known k ON k.account_id = l.id
  LEFT JOIN seated s ON s.account_id = l.id
  LEFT JOIN planned n ON n.account_id = l.id
  LEFT JOIN parts p ON p.account_id = l.id
  LEFT JOIN wished i ON i.account_id = l.id
  LEFT JOIN happened e ON e.account_id = l.id
  LEFT JOIN renewing r ON r.account_id = l.id
  LEFT JOIN speaking v ON v.account_id = l.id
