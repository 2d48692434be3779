-- What to tell of alerts that ended: `state` says how (closed by a person, resolved, taken back), `by` who did it.
SELECT account_id, jsonb_build_object('alert_id', id, 'rule', rule, 'level', level, 'as_of', as_of, 'state', state, 'ended_at', ended_at,
                                      'closed_by', %(by)s::text) AS data
  FROM health_alert
 WHERE tenant_id = %(tenant_id)s AND id = ANY (%(ids)s::uuid[])
