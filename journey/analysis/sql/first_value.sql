-- How often it took each number of days from the signature to the first value that the customer confirmed, of those who confirmed
-- theirs in each span; `word` says whether that is no longer than their segment's onboarding may take.
WITH usual AS (
    SELECT u.segment_id, u.days_to
      FROM jsonb_to_recordset(%(targets)s::jsonb) AS u(segment_id uuid, stage text, days_to int)
     WHERE u.stage = 'onboarding'
), reached AS (
    SELECT a.id, a.owner_id, a.segment_id, min(o.confirmed_on) AS day, min(a.signed_on) AS signed_on
      FROM accounts_account a
      JOIN health_outcome o ON o.account_id = a.id AND o.first_value AND o.confirmed_on IS NOT NULL
     WHERE a.id = ANY (%(accounts)s::uuid[]) AND a.signed_on IS NOT NULL
     GROUP BY 1, 2, 3
)
SELECT r.owner_id, r.segment_id, CASE WHEN r.day >= %(first)s THEN 'now' ELSE 'before' END AS part, r.day - r.signed_on AS days,
       CASE WHEN r.day - r.signed_on <= u.days_to THEN 'in_target' ELSE '' END AS word, count(*)::int AS n
  FROM reached r
  LEFT JOIN usual u ON u.segment_id IS NOT DISTINCT FROM r.segment_id
 WHERE r.day BETWEEN %(before_first)s AND %(last)s
 GROUP BY 1, 2, 3, 4, 5
