-- Whom the program knows, one row for each advocate, and for each account without one that is qualified or lacks one
-- criterion: the six marks, consent and legal, asks of the last 180 days, and whether they may be asked today (`standing`,
-- as advocacy.enums.Standing; `rank` is its place). Whoever was asked rests from the day of the ask or of the answer.
-- Advocates of an account that was merged stand with the one that remains (`standing` of the accounts floor).
WITH part AS MATERIALIZED (
    SELECT s.id, s.into_id FROM {standing} s
), advocate AS (
    SELECT d.id, d.contact_id, d.consent, d.consent_until, d.legal, d.legal_since, coalesce(p.into_id, d.account_id) AS account_id
      FROM advocacy_advocate d
      LEFT JOIN part p ON p.id = d.account_id
     WHERE d.state = 'enrolled' AND (%(advocates)s::uuid[] IS NULL OR d.id = ANY (%(advocates)s::uuid[]))
), asked AS (
    SELECT k.advocate_id, max(greatest(k.asked_on, k.answered_on)) AS rested_from, max(k.asked_on) AS last_on,
           count(*) FILTER (WHERE k.asked_on > %(today)s::date - %(fatigue)s::int) AS asks,
           array_agg(k.asked_on ORDER BY k.asked_on) FILTER (WHERE k.asked_on > %(today)s::date - %(fatigue)s::int) AS ask_days
      FROM advocacy_ask k
     WHERE k.asked_on <= %(today)s
     GROUP BY k.advocate_id
), judged_by AS (
    -- Who fell out of the green since the night is not healthy any more, whatever the night said.
    SELECT q.account_id, q.proven, q.champion, q.profile, q.adopted, q.renewed, q.qualified_since,
           CASE WHEN a.health_band = 'green' THEN q.healthy WHEN a.health_band = 'none' THEN NULL ELSE false END AS healthy,
           q.qualified AND a.health_band = 'green' AS qualified
      FROM advocacy_qualification q
      JOIN accounts_account a ON a.id = q.account_id
), known AS (
    SELECT coalesce(d.id, a.id) AS id, a.id AS account_id, d.id AS advocate_id, d.contact_id,
           q.healthy, q.proven, q.champion, q.profile, q.adopted, q.renewed,
           coalesce(q.qualified, false) AS qualified, q.qualified_since, q.account_id IS NOT NULL AS judged,
           coalesce(q.healthy, false)::int + coalesce(q.proven, false)::int + coalesce(q.champion, false)::int
               + coalesce(q.profile, false)::int + coalesce(q.adopted, false)::int + coalesce(q.renewed, false)::int AS met,
           d.consent, d.consent_until, d.legal, d.legal_since, coalesce(k.asks, 0) AS asks, coalesce(k.ask_days, '{}') AS ask_days,
           k.last_on,
           k.rested_from + CASE WHEN k.asks >= %(many)s::int THEN %(long_rest)s::int ELSE %(rest)s::int END AS rests_until,
           c.left_on <= %(today)s AS gone, a.mrr_minor, a.health_band, a.owner_id, a.segment_id, a.industry, a.name, a.name_key
      FROM accounts_account a
      LEFT JOIN judged_by q ON q.account_id = a.id
      LEFT JOIN advocate d ON d.account_id = a.id
      LEFT JOIN accounts_contact c ON c.id = d.contact_id
      LEFT JOIN asked k ON k.advocate_id = d.id
     WHERE (%(visible)s::uuid[] IS NULL OR a.id = ANY (%(visible)s::uuid[]))
       AND a.merged_into_id IS NULL AND (%(advocates)s::uuid[] IS NULL OR d.id IS NOT NULL)
       AND (%(account)s::uuid IS NULL OR a.id = %(account)s::uuid)
       AND (d.id IS NOT NULL OR (q.account_id IS NOT NULL AND NOT %(enrolled)s::boolean))
), judged AS (
    SELECT known.*,
           CASE WHEN NOT qualified THEN 'blocked'
                WHEN advocate_id IS NULL THEN 'open'
                WHEN gone OR consent = 'refused' OR consent_until < %(today)s OR legal = 'refused' THEN 'blocked'
                WHEN legal <> 'approved' THEN 'waiting'
                WHEN %(today)s < rests_until THEN 'resting'
                ELSE 'ready' END AS standing
      FROM known
     WHERE advocate_id IS NOT NULL OR met >= 5 OR %(account)s::uuid IS NOT NULL
)
SELECT j.*, array_position(ARRAY['ready', 'resting', 'waiting', 'open', 'blocked'], j.standing) AS rank FROM judged j
