-- What the rules judge of renewals at the end of a day, of the accounts in `scope` (id): those that were open then, whatever became of them since.
SELECT r.account_id, jsonb_agg(jsonb_build_object(
           'id', r.id, 'due', r.due_on, 'talked', CASE WHEN r.talked_on <= %(as_of)s THEN r.talked_on END,
           'talk', t.talk, 'sign', t.sign, 'signed', t.signed) ORDER BY r.due_on, r.id) AS renewals
  FROM renewals_renewal r
  JOIN {scope} s ON s.id = r.account_id
  CROSS JOIN LATERAL (
      SELECT coalesce(bool_or(p.step = 'talk'), false) AS talk, coalesce(bool_or(p.step = 'sign'), false) AS sign,
             coalesce(bool_or(p.step = 'sign' AND p.done_on <= %(as_of)s), false) AS signed
        FROM renewals_renewalstep p WHERE p.tenant_id = r.tenant_id AND p.renewal_id = r.id) t
 WHERE r.tenant_id = %(tenant_id)s AND r.opened_on <= %(as_of)s AND r.state <> 'withdrawn'
   AND (r.closed_on IS NULL OR r.closed_on > %(as_of)s)
 GROUP BY r.account_id
