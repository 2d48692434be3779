-- The latest call of each caller of each open renewal at the end of the week, with the money and the day as they stand;
-- what was frozen of this week already stays.
INSERT INTO renewals_frozencall (tenant_id, id, renewal_id, week, caller, probability, mrr_minor, currency, due_on, member_id)
SELECT %(tenant_id)s, uuidv7(), r.id, %(week)s, c.caller, c.probability, coalesce(m.mrr, 0), %(currency)s, r.due_on, c.member_id
  FROM renewals_renewal r
  CROSS JOIN LATERAL (
      SELECT DISTINCT ON (k.caller) k.caller, k.probability, k.member_id FROM renewals_renewalcall k
       WHERE k.tenant_id = r.tenant_id AND k.renewal_id = r.id AND k.as_of <= %(week)s
       ORDER BY k.caller, k.at DESC, k.id DESC) c
  LEFT JOIN LATERAL (
      SELECT sum(round(s.mrr_minor * f.factor))::bigint AS mrr
        FROM renewals_renewalline l JOIN accounts_subscription s ON s.id = l.subscription_id AND NOT s.voided
        JOIN factor f ON f.currency = s.currency
       WHERE l.renewal_id = r.id) m ON true
 WHERE r.tenant_id = %(tenant_id)s AND r.state = 'open' AND r.opened_on <= %(week)s
ON CONFLICT (tenant_id, renewal_id, week, caller) DO NOTHING
