-- What to tell of the stages that this night began. A book that has just been filled begins journeys of years ago: what is
-- older than a month is no news.
SELECT t.account_id, jsonb_build_object('track', t.external_id, 'track_kind', t.kind, 'stage', p.stage, 'entered_on', p.entered_on,
                                        'entry', p.entry) AS data
  FROM journey_stageperiod p
  JOIN journey_track t ON t.tenant_id = p.tenant_id AND t.id = p.track_id
 WHERE p.tenant_id = %(tenant_id)s AND p.updated_at >= transaction_timestamp() AND p.source = 'rule' AND p.version = 1
   AND p.exited_on IS NULL AND p.entered_on > %(as_of)s::date - 31
