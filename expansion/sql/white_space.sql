-- What each account in `ids` has of each product in `products`, on the day `as_of`, and what like accounts pay for it: one row each.
-- Money is a year's in minor units of the reporting currency (`currencies` with their `factors`); of an account that was merged it
-- counts for the one that it became. Like accounts are those of the same segment.
WITH part AS MATERIALIZED (
    SELECT s.id, s.into_id FROM {standing} s
), factor AS MATERIALIZED (
    SELECT * FROM unnest(%(currencies)s::text[], %(factors)s::numeric[]) AS f(currency, factor)
), paid AS MATERIALIZED (
    -- A year is that of the price, not a rounded month times twelve, unless the month was said apart (renewals.writing.year_of).
    SELECT coalesce(p.into_id, s.account_id) AS account_id, s.product_id, sum(s.seats) AS seats,
           sum(round(f.factor * CASE
               WHEN s.charge <> 'recurring' OR s.mrr_minor <> round(greatest(s.amount_minor - s.discount_minor, 0)::numeric / s.interval_months)
               THEN s.mrr_minor * 12
               ELSE round(greatest(s.amount_minor - s.discount_minor, 0) * 12::numeric / s.interval_months) END)) AS year
      FROM accounts_subscription s
      JOIN factor f ON f.currency = s.currency
      LEFT JOIN part p ON p.id = s.account_id
     WHERE NOT s.voided AND s.mrr_minor > 0 AND s.start_on <= %(as_of)s
       AND (least(s.end_on, s.past_due_on + %(dunning_days)s::int) > %(as_of)s OR s.end_on IS NULL AND s.past_due_on IS NULL)
     GROUP BY 1, 2
), price AS MATERIALIZED (
    SELECT a.segment_id, p.product_id, count(*) AS payers, percentile_cont(0.5) WITHIN GROUP (ORDER BY p.year) AS year,
           count(*) FILTER (WHERE p.seats > 0) AS seated,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY p.year / nullif(p.seats, 0)) FILTER (WHERE p.seats > 0) AS seat
      FROM paid p
      JOIN accounts_account a ON a.id = p.account_id
     WHERE p.product_id = ANY (%(products)s::uuid[])
     GROUP BY 1, 2
), seated AS MATERIALIZED (
    SELECT account_id, max(seats) AS seats FROM paid GROUP BY 1
), asked AS MATERIALIZED (
    SELECT a.id, a.segment_id, s.seats
      FROM accounts_account a
      LEFT JOIN seated s ON s.account_id = a.id
     WHERE a.id = ANY (%(ids)s::uuid[])
)
SELECT q.id AS account_id, w.id AS product_id, o.year::bigint AS owned, n.id IS NOT NULL AS no_fit, coalesce(n.reason, '') AS reason,
       q.seats::int AS seats, coalesce(r.payers, 0)::int AS payers, r.year AS price, coalesce(r.seated, 0)::int AS seated, r.seat
  FROM asked q
 CROSS JOIN unnest(%(products)s::uuid[]) AS w(id)
  LEFT JOIN paid o ON o.account_id = q.id AND o.product_id = w.id
  LEFT JOIN expansion_nofit n ON n.account_id = q.id AND n.product_id = w.id
  LEFT JOIN price r ON r.segment_id IS NOT DISTINCT FROM q.segment_id AND r.product_id = w.id
