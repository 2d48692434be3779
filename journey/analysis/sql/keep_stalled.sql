-- Keep which open stages stand still at the end of the span that `walked` is of.
INSERT INTO journey_journeymark (tenant_id, as_of, flag, period_id, track_id, account_id, owner_id, segment_id, days)
SELECT %(tenant_id)s, %(last)s, '', w.period_id, w.track_id, w.account_id, w.owner_id, w.segment_id, w.idle
  FROM walked w
 WHERE w.stalled
