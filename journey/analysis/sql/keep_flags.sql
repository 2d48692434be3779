-- Keep the flags of open stages that were judged (stage_flag), with the owner and the segment of the track's account.
INSERT INTO journey_journeymark (tenant_id, as_of, flag, period_id, track_id, account_id, owner_id, segment_id)
SELECT %(tenant_id)s, %(as_of)s, s.flag, p.id, t.id, a.id, a.owner_id, a.segment_id
  FROM stage_flag s
  JOIN journey_stageperiod p ON p.id = s.period_id
  JOIN journey_track t ON t.id = p.track_id
  JOIN accounts_account a ON a.id = t.account_id
