-- What customers have paid on average until the day (CLV so far), advocates' accounts and the other live ones: each period by
-- the months that it ran, in the reporting currency by `factors`; and what they pay now.
WITH factor AS (
    SELECT key AS currency, value::numeric AS rate FROM jsonb_each_text(%(factors)s::jsonb)
), own AS (
    SELECT a.id, a.mrr_minor, EXISTS (SELECT FROM advocacy_advocate d WHERE d.account_id = a.id AND d.state = 'enrolled') AS speaks
      FROM accounts_account a
     WHERE a.status = 'live' AND a.merged_into_id IS NULL
       AND (%(visible)s::uuid[] IS NULL OR a.id = ANY (%(visible)s::uuid[]))
), paid AS (
    SELECT o.id, sum(p.mrr_minor * f.rate * (least(coalesce(p.end_on, %(last)s::date), %(last)s::date) - p.start_on) / 30.436875) AS amount
      FROM own o
      JOIN accounts_subscription p ON p.account_id = o.id AND NOT p.voided AND p.mrr_minor > 0 AND p.start_on <= %(last)s
      JOIN factor f ON f.currency = p.currency
     GROUP BY o.id
)
SELECT o.speaks, count(*) AS n, coalesce(sum(p.amount), 0)::numeric AS paid, sum(o.mrr_minor)::bigint AS mrr
  FROM own o LEFT JOIN paid p ON p.id = o.id
 GROUP BY 1
