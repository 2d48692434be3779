-- The renewals of the customers in `due_member` (contracts.sql) that are open, or whose day is not long past, with the periods
-- that followed their lines. Of a customer that was merged they still stand where they were.
SELECT r.id, r.account_id, r.due_on, r.state, r.profile, a.segment_id, r.due_mrr, r.kept_mrr,
       array_agg(l.next_period_id) FILTER (WHERE l.next_period_id IS NOT NULL) AS nexts
  FROM due_member m
  JOIN renewals_renewal r ON r.tenant_id = %(tenant_id)s AND r.account_id = m.id
  JOIN accounts_account a ON a.tenant_id = r.tenant_id AND a.id = r.account_id
  LEFT JOIN renewals_renewalline l ON l.tenant_id = r.tenant_id AND l.renewal_id = r.id
 WHERE r.state = 'open' OR r.due_on > %(first)s
 GROUP BY r.id, r.account_id, r.due_on, r.state, r.profile, a.segment_id, r.due_mrr, r.kept_mrr
