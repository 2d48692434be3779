-- The renewals of the customers of the accounts in `scope` (id) that are open, or whose day is not long past, with the periods
-- that followed their lines. Of a customer that was merged they still stand where they were.
WITH standing AS MATERIALIZED {standing}
, customer AS MATERIALIZED (
    SELECT DISTINCT coalesce(t.into_id, s.id) AS id FROM {scope} s LEFT JOIN standing t ON t.id = s.id
), member AS MATERIALIZED (
    SELECT id FROM customer
    UNION
    SELECT t.id FROM standing t JOIN customer c ON c.id = t.into_id
)
SELECT r.id, r.account_id, r.due_on, r.state, r.profile, a.segment_id, r.due_mrr, r.kept_mrr,
       array_agg(l.next_period_id) FILTER (WHERE l.next_period_id IS NOT NULL) AS nexts
  FROM renewals_renewal r
  JOIN member m ON m.id = r.account_id
  JOIN accounts_account a ON a.id = r.account_id
  LEFT JOIN renewals_renewalline l ON l.renewal_id = r.id
 WHERE r.tenant_id = %(tenant_id)s AND (r.state = 'open' OR r.due_on > %(first)s)
 GROUP BY r.id, r.account_id, r.due_on, r.state, r.profile, a.segment_id, r.due_mrr, r.kept_mrr
