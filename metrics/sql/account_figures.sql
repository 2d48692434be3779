-- What lists show of an account's money, as of the day: MRR, next renewal, since when, status. Written where it differs.
-- Money is that of the ledger: all of it stands with whom it counts for (logos.sql), so that lists add up to the board. A
-- part of a tree is live, and renews, by its own periods; who was merged has nothing of its own any more.
WITH line AS (
    SELECT coalesce(l.survivor_id, s.account_id) AS account_id, coalesce(l.root_id, s.account_id) AS root_id, s.product_id,
           s.start_on, s.end_on, least(s.end_on, s.past_due_on + %(dunning_days)s::int) AS counts_until,
           round(s.mrr_minor * r.rate)::bigint AS mrr
      FROM accounts_subscription s
      JOIN rate r ON r.currency = s.currency AND r.m = %(month_m)s
      LEFT JOIN logo l ON l.account_id = s.account_id
     WHERE NOT s.voided AND s.mrr_minor > 0
), shown AS (
    -- A line stands with its account and, for the money, with whom that counts for.
    SELECT account_id, product_id, start_on, end_on, counts_until, CASE WHEN account_id = root_id THEN mrr ELSE 0 END AS mrr FROM line
    UNION ALL
    SELECT root_id, product_id, start_on, end_on, counts_until, mrr FROM line WHERE account_id <> root_id
), money AS (
    SELECT account_id, sum(mrr) FILTER (WHERE start_on <= %(as_of)s AND (counts_until IS NULL OR counts_until > %(as_of)s)) AS mrr,
           bool_or(start_on <= %(as_of)s AND (counts_until IS NULL OR counts_until > %(as_of)s)) AS live,
           min(start_on) FILTER (WHERE counts_until IS NULL OR counts_until > start_on) AS since
      FROM shown GROUP BY account_id
), renewal AS (
    -- A period that a later one of the same product carries on is not a renewal that is due.
    SELECT l.account_id, min(l.end_on) AS renews_on
      FROM shown l
     WHERE l.end_on > %(as_of)s AND l.start_on <= %(as_of)s AND (l.counts_until IS NULL OR l.counts_until > %(as_of)s)
       AND NOT EXISTS (SELECT FROM shown n WHERE n.account_id = l.account_id AND n.product_id IS NOT DISTINCT FROM l.product_id
                          AND n.start_on <= l.end_on AND (n.end_on IS NULL OR n.end_on > l.end_on))
     GROUP BY l.account_id
), figures AS (
    SELECT a.id, coalesce(m.mrr, 0) AS mrr, r.renews_on, m.since,
           CASE WHEN m.live THEN 'live' WHEN m.since <= %(as_of)s THEN 'churned' ELSE 'prospect' END AS status
      FROM accounts_account a LEFT JOIN money m ON m.account_id = a.id LEFT JOIN renewal r ON r.account_id = a.id
)
UPDATE accounts_account a
   SET mrr_minor = f.mrr, renews_on = f.renews_on, customer_since = f.since, status = f.status
  FROM figures f
 WHERE f.id = a.id
   AND (a.mrr_minor, a.renews_on, a.customer_since, a.status)
       IS DISTINCT FROM (f.mrr, f.renews_on, f.since, f.status);
