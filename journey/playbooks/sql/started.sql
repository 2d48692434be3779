-- What to tell of plays that began, without what people wrote down for themselves.
SELECT p.account_id, jsonb_build_object('play_id', p.id, 'playbook', b.key, 'name', b.name, 'rule', coalesce(a.rule, ''),
                                        'started_on', p.as_of, 'inputs', p.inputs - 'note') AS data
  FROM journey_play p
  JOIN journey_playbookversion v ON v.tenant_id = p.tenant_id AND v.id = p.playbook_id
  JOIN journey_playbook b ON b.tenant_id = v.tenant_id AND b.id = v.playbook_id
  LEFT JOIN health_alert a ON a.tenant_id = p.tenant_id AND a.id = p.alert_id
 WHERE p.tenant_id = %(tenant_id)s AND p.id = ANY (%(plays)s::uuid[])
