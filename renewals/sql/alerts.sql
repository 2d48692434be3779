-- What the rules judge of renewals at the end of a day, of the accounts in `scope` (id): those that were open then, whatever became of them since.
SELECT r.account_id, jsonb_agg(jsonb_build_object(
           'id', r.id, 'due', r.due_on, 'talked', CASE WHEN r.talked_on <= %(as_of)s THEN r.talked_on END,
           'talk', t.talk, 'sign', t.sign, 'signed', t.signed,
           'called', c.now, 'was', c.was) ORDER BY r.due_on, r.id) AS renewals
  FROM renewals_renewal r
  JOIN {scope} s ON s.id = r.account_id
  CROSS JOIN LATERAL (
      SELECT coalesce(bool_or(p.step = 'talk'), false) AS talk, coalesce(bool_or(p.step = 'sign'), false) AS sign,
             coalesce(bool_or(p.step = 'sign' AND p.done_on <= %(as_of)s), false) AS signed
        FROM renewals_renewalstep p WHERE p.tenant_id = r.tenant_id AND p.renewal_id = r.id) t
  -- The system's call as it stands, and as it stood four weeks before.
  CROSS JOIN LATERAL (
      SELECT (array_agg(k.probability ORDER BY k.at DESC, k.id DESC))[1] AS now,
             (array_agg(k.probability ORDER BY k.at DESC, k.id DESC) FILTER (WHERE k.as_of <= %(as_of)s::date - 28))[1] AS was
        FROM renewals_renewalcall k
       WHERE k.tenant_id = r.tenant_id AND k.renewal_id = r.id AND k.caller = 'system' AND k.as_of <= %(as_of)s) c
 WHERE r.tenant_id = %(tenant_id)s AND r.opened_on <= %(as_of)s AND r.state <> 'withdrawn'
   AND (r.closed_on IS NULL OR r.closed_on > %(as_of)s)
 GROUP BY r.account_id
