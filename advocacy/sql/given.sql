-- What the program was asked for and gave in the span, of the accounts that the reader sees: promoters among the latest
-- answer of each person, asks by kind, state and failure, reviews with their stars, and what was shown and won.
WITH seen AS (
    SELECT a.id FROM accounts_account a WHERE %(visible)s::uuid[] IS NULL OR a.id = ANY (%(visible)s::uuid[])
), answer AS (
    SELECT DISTINCT ON (s.account_id, s.contact_id, CASE WHEN s.contact_id IS NULL THEN s.id END) s.account_id, s.score
      FROM health_survey s JOIN seen ON seen.id = s.account_id
     WHERE s.kind = 'nps' AND timezone(%(zone)s, s.answered_at)::date BETWEEN %(first)s AND %(last)s
     ORDER BY s.account_id, s.contact_id, CASE WHEN s.contact_id IS NULL THEN s.id END, s.answered_at DESC, s.id DESC
)
SELECT 'promoters' AS what, '' AS kind, '' AS failure, count(*) AS n, count(DISTINCT account_id)::numeric AS more
  FROM answer WHERE score >= 9
 UNION ALL
SELECT 'answers', '', '', count(*), NULL FROM answer
 UNION ALL
SELECT 'ask_' || k.state, k.kind, k.failure, count(*), count(*) FILTER (WHERE q.won)
  FROM advocacy_ask k
  JOIN advocacy_advocate d ON d.id = k.advocate_id
  JOIN seen ON seen.id = d.account_id
  LEFT JOIN advocacy_referencerequest q ON q.id = k.request_id
 WHERE k.asked_on BETWEEN %(first)s AND %(last)s
 GROUP BY 1, 2, 3
 UNION ALL
SELECT 'reviews', s.site, CASE WHEN s.published_on >= %(first)s THEN 'new' ELSE '' END, count(*), sum(s.rating)
  FROM advocacy_asset s JOIN seen ON seen.id = s.account_id
 WHERE s.kind = 'review' AND s.published_on <= %(last)s AND s.rating IS NOT NULL
 GROUP BY 1, 2, 3
 UNION ALL
SELECT 'unrated', s.site, CASE WHEN s.published_on >= %(first)s THEN 'new' ELSE '' END, count(*), NULL
  FROM advocacy_asset s JOIN seen ON seen.id = s.account_id
 WHERE s.kind = 'review' AND s.published_on <= %(last)s AND s.rating IS NULL
 GROUP BY 1, 2, 3
 UNION ALL
SELECT 'uses', '', '', count(*), count(DISTINCT u.prospect) FILTER (WHERE u.won)
  FROM advocacy_assetuse u JOIN advocacy_asset s ON s.id = u.asset_id JOIN seen ON seen.id = s.account_id
 WHERE u.used_on BETWEEN %(first)s AND %(last)s
 UNION ALL
SELECT 'assets', '', '', count(*), NULL FROM advocacy_asset s JOIN seen ON seen.id = s.account_id
 UNION ALL
SELECT 'guests', g.kind, t.attendance, count(*), NULL
  FROM advocacy_guest t JOIN advocacy_gathering g ON g.id = t.gathering_id JOIN seen ON seen.id = t.account_id
 WHERE g.held_on BETWEEN %(first)s AND %(last)s
 GROUP BY 1, 2, 3
