-- What accounts have done for us in the span (ADV-08), each thing once for an account: `what` as advocacy.enums.Success. Of the
-- accounts that the reader sees, or of these alone (`accounts`). A review is a good one from four stars.
WITH seen AS (
    SELECT a.id FROM accounts_account a
     WHERE (%(visible)s::uuid[] IS NULL OR a.id = ANY (%(visible)s::uuid[]))
       AND (%(accounts)s::uuid[] IS NULL OR a.id = ANY (%(accounts)s::uuid[]))
), deed AS (
    SELECT d.account_id, k.answered_on AS day,
           CASE WHEN k.kind IN ('reference', 'case_study') THEN 'reference' WHEN k.kind = 'speaking' THEN 'speaking'
                WHEN k.kind IN ('testimonial', 'marketing', 'social', 'content', 'community') THEN 'marketing' END AS what
      FROM advocacy_ask k JOIN advocacy_advocate d ON d.id = k.advocate_id
     WHERE k.state = 'done'
     UNION ALL
    SELECT s.account_id, s.published_on,
           CASE WHEN s.kind IN ('reference', 'case_study') THEN 'reference' WHEN s.kind = 'speaking' THEN 'speaking'
                WHEN s.kind = 'review' AND s.rating >= 4 THEN 'review'
                WHEN s.kind IN ('testimonial', 'marketing', 'social', 'content', 'community') THEN 'marketing' END
      FROM advocacy_asset s
     UNION ALL
    SELECT t.account_id, g.held_on, 'speaking'
      FROM advocacy_guest t JOIN advocacy_gathering g ON g.id = t.gathering_id
     WHERE t.attendance = 'spoke'
     UNION ALL
    SELECT r.account_id, coalesce(r.introduced_on, r.opportunity_on, r.ended_on), 'introduction'
      FROM advocacy_referral r
     WHERE r.introduced_on IS NOT NULL OR r.state IN ('introduced', 'opportunity', 'won')
     UNION ALL
    SELECT r.account_id, coalesce(r.opportunity_on, r.ended_on), 'pipeline'
      FROM advocacy_referral r
     WHERE r.opportunity_on IS NOT NULL OR r.state IN ('opportunity', 'won')
)
SELECT e.what, count(DISTINCT e.account_id) AS n
  FROM deed e JOIN seen ON seen.id = e.account_id
 WHERE e.what IS NOT NULL AND e.day BETWEEN %(first)s AND %(last)s
 GROUP BY e.what
