-- Who led us to the most in the span: introductions, and what the won ones are worth a year in the reporting currency.
WITH factor AS (
    SELECT key AS currency, value::numeric AS rate FROM jsonb_each_text(%(factors)s::jsonb)
)
SELECT a.name, count(*) FILTER (WHERE r.introduced_on IS NOT NULL OR r.state IN ('introduced', 'opportunity', 'won')) AS introductions,
       coalesce(sum(round(r.amount_minor * f.rate)) FILTER (WHERE r.state = 'won'), 0)::bigint AS worth
  FROM advocacy_referral r
  JOIN accounts_account a ON a.id = r.account_id
  LEFT JOIN factor f ON f.currency = r.currency
 WHERE r.asked_on BETWEEN %(first)s AND %(last)s
   AND (%(visible)s::uuid[] IS NULL OR r.account_id = ANY (%(visible)s::uuid[]))
 GROUP BY a.id, a.name
 ORDER BY 3 DESC, 2 DESC, a.id
 LIMIT 1
