-- Referrals asked for in the span, of the accounts that the reader sees: by how far each came, how many and what they are
-- worth a year in the reporting currency (`factors`: what a minor unit of each currency is worth; without one no money).
WITH factor AS (
    SELECT key AS currency, value::numeric AS rate FROM jsonb_each_text(%(factors)s::jsonb)
), asked AS (
    SELECT r.id, r.account_id, r.state, r.customer_id, round(r.amount_minor * f.rate)::bigint AS worth,
           CASE WHEN r.state = 'lost' THEN CASE WHEN r.opportunity_on IS NOT NULL THEN 3 WHEN r.introduced_on IS NOT NULL THEN 2
                                                WHEN r.agreed_on IS NOT NULL THEN 1 ELSE 0 END
                ELSE array_position(ARRAY['asked', 'agreed', 'introduced', 'opportunity', 'won'], r.state) - 1 END AS came
      FROM advocacy_referral r
      LEFT JOIN factor f ON f.currency = r.currency
     WHERE r.asked_on BETWEEN %(first)s AND %(last)s
       AND (%(visible)s::uuid[] IS NULL OR r.account_id = ANY (%(visible)s::uuid[]))
)
SELECT s.place, count(a.id) FILTER (WHERE a.came >= s.place) AS n,
       coalesce(sum(a.worth) FILTER (WHERE a.came >= s.place), 0)::bigint AS worth
  FROM generate_series(0, 4) AS s (place)
  LEFT JOIN asked a ON true
 GROUP BY s.place
 ORDER BY s.place
