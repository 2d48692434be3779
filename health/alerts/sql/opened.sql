-- What to tell of the alerts that a run opened.
SELECT account_id, jsonb_build_object('alert_id', id, 'rule', rule, 'level', level, 'as_of', as_of, 'inputs', inputs) AS data
  FROM health_alert
 WHERE tenant_id = %(tenant_id)s AND run_id = %(run)s
