-- Who is scored on a day: every company that is not churned by then, and every unit of one with signals of its own. Who
-- was merged is judged as a part of the other one, which pays with the periods of both.
WITH part AS MATERIALIZED (SELECT s.id, s.into_id FROM {standing} s)
INSERT INTO wanted (account_id, as_of, known_on, usage_day)
SELECT a.id, %(as_of)s, %(known_on)s, %(usage_day)s
  FROM {scope} s
  JOIN accounts_account a ON a.id = s.id
  -- Read from the periods: what is derived from them for lists may come later than this.
 CROSS JOIN LATERAL (SELECT min(p.start_on) AS since,
                            coalesce(bool_or(p.start_on <= %(as_of)s AND (p.end_on IS NULL OR p.end_on > %(as_of)s)), false) AS pays
                       FROM (SELECT a.id UNION ALL SELECT part.id FROM part WHERE part.into_id = a.id) own
                       JOIN accounts_subscription p ON p.account_id = own.id
                      WHERE NOT p.voided AND p.mrr_minor > 0) paid
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
