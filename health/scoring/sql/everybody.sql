-- Who is scored on a day: every company that is not churned by then, and every unit of one with signals of its own. Who
-- was merged is judged as a part of the other one, which pays with the periods of both.
WITH part AS MATERIALIZED (
    SELECT s.into_id, min(p.start_on) AS since,
           bool_or(p.start_on <= %(as_of)s AND (e.until IS NULL OR e.until > %(as_of)s)) AS pays
      FROM {standing} s
      JOIN accounts_subscription p ON p.account_id = s.id
     CROSS JOIN LATERAL (SELECT least(p.end_on, p.past_due_on + %(dunning_days)s::int) AS until) e
     WHERE NOT p.voided AND p.mrr_minor > 0 AND (e.until IS NULL OR e.until > p.start_on)
     GROUP BY s.into_id
)
INSERT INTO wanted (account_id, as_of, known_on, usage_day)
SELECT a.id, %(as_of)s, %(known_on)s, %(usage_day)s
  FROM {scope} s
  JOIN accounts_account a ON a.id = s.id
  -- Read from the periods: what is derived from them for lists may come later than this. They end as in periods.sql.
 CROSS JOIN LATERAL (SELECT min(p.start_on) AS since,
                            coalesce(bool_or(p.start_on <= %(as_of)s AND (e.until IS NULL OR e.until > %(as_of)s)), false) AS pays
                       FROM accounts_subscription p
                      CROSS JOIN LATERAL (SELECT least(p.end_on, p.past_due_on + %(dunning_days)s::int) AS until) e
                      WHERE p.account_id = a.id AND NOT p.voided AND p.mrr_minor > 0
                        AND (e.until IS NULL OR e.until > p.start_on)) own
  LEFT JOIN part ON part.into_id = a.id
 CROSS JOIN LATERAL (SELECT least(own.since, part.since) AS since, own.pays OR coalesce(part.pays, false) AS pays) paid
 WHERE a.merged_into_id IS NULL
   AND (a.level = 'company'
        OR EXISTS (SELECT FROM health_accountday u WHERE u.account_id = a.id AND u.day <= %(usage_day)s)
        OR EXISTS (SELECT FROM health_touchpoint t WHERE t.account_id = a.id)
        OR EXISTS (SELECT FROM health_ticket t WHERE t.account_id = a.id)
        OR EXISTS (SELECT FROM health_outcome o WHERE o.account_id = a.id))
   -- Nobody is judged before they came, unless they use the product already.
   AND (coalesce(a.signed_on, paid.since) IS NULL OR coalesce(a.signed_on, paid.since) <= %(as_of)s
        OR EXISTS (SELECT FROM health_accountday u WHERE u.account_id = a.id AND u.day <= %(usage_day)s))
   -- Churned: paid once, and does not now.
   AND (paid.since IS NULL OR paid.since > %(as_of)s OR paid.pays);
