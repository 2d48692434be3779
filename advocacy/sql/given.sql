-- What the program was asked for and gave in the span, of the accounts that the reader sees, in one row: promoters among the
-- latest answers of each person, asks with their failures, references, reviews with their stars, what was shown, guests.
-- A won deal counts once for an ask of its request, and once for a prospect to whom something was shown.
WITH seen AS MATERIALIZED (
    SELECT a.id FROM accounts_account a WHERE %(visible)s::uuid[] IS NULL OR a.id = ANY (%(visible)s::uuid[])
), answer AS (
    SELECT DISTINCT ON (s.account_id, s.contact_id, CASE WHEN s.contact_id IS NULL THEN s.id END) s.score
      FROM health_survey s JOIN seen ON seen.id = s.account_id
     WHERE s.kind = 'nps' AND timezone(%(zone)s, s.answered_at)::date BETWEEN %(first)s AND %(last)s
     ORDER BY s.account_id, s.contact_id, CASE WHEN s.contact_id IS NULL THEN s.id END, s.answered_at DESC, s.id DESC
), nps AS (
    SELECT count(*) FILTER (WHERE score >= 9) AS promoters, count(*) AS answers FROM answer
), asked AS MATERIALIZED (
    SELECT k.state, k.kind, k.failure, q.won
      FROM advocacy_ask k
      JOIN advocacy_advocate d ON d.id = k.advocate_id
      JOIN seen ON seen.id = d.account_id
      LEFT JOIN advocacy_referencerequest q ON q.id = k.request_id
     WHERE k.asked_on BETWEEN %(first)s AND %(last)s
), asks AS (
    SELECT count(*) AS asks, count(*) FILTER (WHERE state = 'done') AS given,
           count(*) FILTER (WHERE state = 'done' AND kind = 'reference') AS "references",
           count(*) FILTER (WHERE state = 'done' AND won) AS ask_deals
      FROM asked
), failed AS (
    SELECT coalesce(jsonb_object_agg(failure, n), '{}') AS failures
      FROM (SELECT failure, count(*) AS n FROM asked WHERE failure <> '' GROUP BY failure) each_failure
), asset AS (
    SELECT count(*) AS assets, count(*) FILTER (WHERE is_review) AS reviews,
           count(*) FILTER (WHERE is_review AND s.published_on >= %(first)s) AS new_reviews,
           avg(s.rating) FILTER (WHERE is_review) AS stars
      FROM advocacy_asset s
      JOIN seen ON seen.id = s.account_id
     CROSS JOIN LATERAL (SELECT s.kind = 'review' AND s.published_on <= %(last)s AS is_review) r
), used AS (
    SELECT count(DISTINCT u.prospect) AS use_deals
      FROM advocacy_assetuse u JOIN advocacy_asset s ON s.id = u.asset_id JOIN seen ON seen.id = s.account_id
     WHERE u.won AND u.used_on BETWEEN %(first)s AND %(last)s
), guest AS (
    SELECT count(*) FILTER (WHERE t.attendance IN ('came', 'spoke')) AS guests, count(*) FILTER (WHERE t.attendance = 'spoke') AS spoke
      FROM advocacy_guest t JOIN advocacy_gathering g ON g.id = t.gathering_id JOIN seen ON seen.id = t.account_id
     WHERE g.held_on BETWEEN %(first)s AND %(last)s
)
SELECT nps.*, asks.asks, asks.given, asks."references", asks.ask_deals + used.use_deals AS deals, failed.failures, asset.*, guest.*
  FROM nps, asks, failed, asset, used, guest
