-- Every day on which an account's paid time ran out or had its anniversary, up to the day: did it go on?
-- It is lost when nothing is paid on that day nor within the 30 days after it. Money is what was paid on the day before,
-- in minor units of the tenant's currency at the last rates known.
WITH paid AS (
    SELECT account_id, start_on, coalesce(end_on, 'infinity'::date) AS end_on, mrr_minor, currency
      FROM accounts_subscription
     WHERE NOT voided AND mrr_minor > 0
), days AS (
    SELECT account_id, end_on AS day FROM paid WHERE end_on <= %(as_of)s
    UNION
    SELECT account_id, each::date
      FROM paid,
           generate_series(start_on + interval '1 year', least(end_on, %(as_of)s::date), interval '1 year') AS each
     WHERE each::date < end_on
), latest AS (
    SELECT DISTINCT ON (base, quote) base, quote, rate
      FROM accounts_fxrate
     WHERE month <= %(as_of)s
     ORDER BY base, quote, month DESC, recorded_at DESC
), factor AS (
    SELECT c.currency,
           CASE WHEN c.currency = %(currency)s THEN 1
                ELSE coalesce(
                    (SELECT rate FROM latest WHERE base = c.currency AND quote = %(currency)s),
                    (SELECT 1 / rate FROM latest WHERE base = %(currency)s AND quote = c.currency),
                    (SELECT h.rate / f.rate FROM latest h JOIN latest f USING (base)
                      WHERE h.quote = %(currency)s AND f.quote = c.currency LIMIT 1),
                    1)
           END AS factor
      FROM (SELECT DISTINCT currency FROM paid) c
)
SELECT d.account_id, d.day, a.segment_id, min(p.start_on) FILTER (WHERE p.start_on < d.day) AS since,
       NOT bool_or(p.start_on <= d.day + 30 AND p.end_on > d.day) AS lost,
       coalesce(round(sum(p.mrr_minor * f.factor) FILTER (WHERE p.start_on < d.day AND p.end_on >= d.day)), 0)::bigint AS money
  FROM days d
  JOIN accounts_account a ON a.id = d.account_id AND a.level = 'company'
  JOIN paid p ON p.account_id = d.account_id
  JOIN factor f ON f.currency = p.currency
 WHERE %(segment)s::uuid IS NULL OR a.segment_id = %(segment)s::uuid
 GROUP BY d.account_id, d.day, a.segment_id
 ORDER BY d.account_id, d.day DESC
