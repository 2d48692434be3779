-- The paid periods of the accounts in scope, as known at a moment, as half-open intervals of month numbers.
-- A period counts in the months from that of its start up to, not including, that of its end (METRICS rule 1):
-- start <= last day of the month < end says exactly this.
-- Month numbers are year * 12 + month - 1: integers are cheap to count with.
CREATE TEMPORARY TABLE period ON COMMIT DROP AS
SELECT v.account_id,
       v.subscription_id,
       v.change_id,
       v.currency,
       v.mrr_minor,
       v.start_on,
       v.end_on,
       (extract(year FROM v.start_on) * 12 + extract(month FROM v.start_on) - 1)::int AS from_m,
       coalesce((extract(year FROM v.end_on) * 12 + extract(month FROM v.end_on) - 1)::int, 999999) AS to_m
  FROM (SELECT DISTINCT ON (c.subscription_id)
               c.account_id, c.subscription_id, c.id AS change_id, c.currency, c.mrr_minor, c.start_on, c.end_on,
               c.voided
          FROM {scope} s
          JOIN accounts_subscriptionchange c ON c.account_id = s.id
         WHERE c.tenant_id = %(tenant_id)s
           AND c.recorded_at <= %(known_at)s
         ORDER BY c.subscription_id, c.recorded_at DESC, c.id DESC) v
 WHERE NOT v.voided
   AND v.mrr_minor > 0
   AND v.currency IN (SELECT currency FROM rate)
   AND date_trunc('month', v.start_on) < coalesce(date_trunc('month', v.end_on), 'infinity');

CREATE INDEX ON period (account_id);
ANALYZE period;
