-- The paid periods of the accounts in scope, as known at a moment, as half-open intervals of month numbers.
-- A period counts in the months from that of its start up to, not including, that of its end (METRICS rule 1):
-- start <= last day of the month < end says exactly this. One that nobody pays ends with the dunning days
-- (formulas.counts_until). Each counts for its account, or for the one that stands for it (logos.sql).
-- Month numbers are year * 12 + month - 1: integers are cheap to count with.
CREATE TEMPORARY TABLE period ON COMMIT DROP AS
SELECT coalesce(l.root_id, v.account_id) AS account_id,
       v.subscription_id,
       v.change_id,
       v.currency,
       v.mrr_minor,
       v.discount_minor::numeric / v.interval_months AS discount,
       coalesce(v.product_id, '00000000-0000-0000-0000-000000000000') AS product_id,
       v.plan_id,
       v.seats,
       v.start_on,
       e.end_on,
       -- Why it ends, in the words of the ledger's reasons.
       CASE WHEN v.end_reason = 'unpaid' OR e.end_on IS DISTINCT FROM v.end_on THEN 'involuntary'
            WHEN v.end_reason = 'paused' THEN 'paused' ELSE '' END AS gone,
       (extract(year FROM v.start_on) * 12 + extract(month FROM v.start_on) - 1)::int AS from_m,
       coalesce((extract(year FROM e.end_on) * 12 + extract(month FROM e.end_on) - 1)::int, 999999) AS to_m
  FROM (SELECT DISTINCT ON (c.subscription_id)
               c.account_id, c.subscription_id, c.id AS change_id, c.currency, c.mrr_minor, c.discount_minor, c.interval_months,
               c.product_id, c.plan_id, c.seats, c.start_on, c.end_on, c.past_due_on, c.end_reason, c.voided
          FROM {scope} s
          JOIN accounts_subscriptionchange c ON c.account_id = s.id
         WHERE c.tenant_id = %(tenant_id)s
           AND c.recorded_at <= %(known_at)s
         ORDER BY c.subscription_id, c.recorded_at DESC, c.id DESC) v
 CROSS JOIN LATERAL (SELECT least(v.end_on, v.past_due_on + %(dunning_days)s::int) AS end_on) e
  LEFT JOIN logo l ON l.account_id = v.account_id
 WHERE NOT v.voided
   AND v.mrr_minor > 0
   AND v.currency IN (SELECT currency FROM rate)
   AND date_trunc('month', v.start_on) < coalesce(date_trunc('month', e.end_on), 'infinity');

CREATE INDEX ON period (account_id);
ANALYZE period;
