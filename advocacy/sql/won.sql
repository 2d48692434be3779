-- New customers by whether a customer led to them (source, referrer or a won referral), of this span and the one before:
-- how many, what the first periods brought a year, of how many the cost of winning them is known, that cost, and what
-- those brought. Money in the reporting currency by `factors`; one that nothing converts brings nothing.
WITH factor AS (
    SELECT key AS currency, value::numeric AS rate FROM jsonb_each_text(%(factors)s::jsonb)
), fresh AS (
    SELECT a.id, a.cac_minor, a.customer_since >= %(first)s AS now,
           a.source = 'referral' OR a.referred_by_id IS NOT NULL
               OR EXISTS (SELECT FROM advocacy_referral r WHERE r.customer_id = a.id AND r.state = 'won') AS referred,
           coalesce((SELECT sum(round(p.mrr_minor * f.rate)) FROM accounts_subscription p JOIN factor f ON f.currency = p.currency
                      WHERE p.account_id = a.id AND NOT p.voided AND p.start_on = a.customer_since), 0)::bigint * 12 AS arr
      FROM accounts_account a
     WHERE a.merged_into_id IS NULL AND a.customer_since BETWEEN %(before)s AND %(last)s
       AND (%(visible)s::uuid[] IS NULL OR a.id = ANY (%(visible)s::uuid[]))
)
SELECT now, referred, count(*) AS n, sum(arr)::bigint AS arr, count(cac_minor) AS known,
       coalesce(sum(cac_minor), 0)::bigint AS cost, coalesce(sum(arr) FILTER (WHERE cac_minor IS NOT NULL), 0)::bigint AS known_arr
  FROM fresh
 GROUP BY 1, 2
