-- What lists show of an account's money, as of the day: MRR, next renewal, since when, status. Written where it differs.
WITH line AS (
    SELECT s.account_id, s.product_id, s.start_on, s.end_on, round(s.mrr_minor * r.rate)::bigint AS mrr
      FROM accounts_subscription s
      JOIN rate r ON r.currency = s.currency AND r.m = %(month_m)s
     WHERE NOT s.voided AND s.mrr_minor > 0
), money AS (
    SELECT account_id, sum(mrr) FILTER (WHERE start_on <= %(as_of)s AND (end_on IS NULL OR end_on > %(as_of)s)) AS mrr,
           min(start_on) AS since
      FROM line GROUP BY account_id
), renewal AS (
    -- A period that a later one of the same product carries on is not a renewal that is due.
    SELECT l.account_id, min(l.end_on) AS renews_on
      FROM line l
     WHERE l.end_on > %(as_of)s AND l.start_on <= %(as_of)s
       AND NOT EXISTS (SELECT FROM line n WHERE n.account_id = l.account_id AND n.product_id IS NOT DISTINCT FROM l.product_id
                          AND n.start_on <= l.end_on AND (n.end_on IS NULL OR n.end_on > l.end_on))
     GROUP BY l.account_id
), figures AS (
    SELECT a.id, coalesce(m.mrr, 0) AS mrr, r.renews_on, m.since,
           CASE WHEN coalesce(m.mrr, 0) > 0 THEN 'live' WHEN m.since <= %(as_of)s THEN 'churned' ELSE 'prospect' END AS status
      FROM accounts_account a LEFT JOIN money m ON m.account_id = a.id LEFT JOIN renewal r ON r.account_id = a.id
)
UPDATE accounts_account a
   SET mrr_minor = f.mrr, renews_on = f.renews_on, customer_since = f.since, status = f.status
  FROM figures f
 WHERE f.id = a.id
   AND (a.mrr_minor, a.renews_on, a.customer_since, a.status)
       IS DISTINCT FROM (f.mrr, f.renews_on, f.since, f.status);
