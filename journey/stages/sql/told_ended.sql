-- What to tell of the stages that this night ended with their tracks, those of the last month.
SELECT t.account_id, jsonb_build_object('track', t.external_id, 'track_kind', t.kind, 'stage', p.stage, 'entered_on', p.entered_on,
                                        'ended_on', p.exited_on, 'outcome', p.outcome, 'cause', p.cause) AS data
  FROM ending_period e
  JOIN journey_stageperiod p ON p.tenant_id = %(tenant_id)s AND p.id = e.id
  JOIN journey_track t ON t.tenant_id = p.tenant_id AND t.id = p.track_id
 WHERE p.exited_on > %(as_of)s::date - 31
