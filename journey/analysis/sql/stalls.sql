-- Stages that stand still at the end of the span, by stage and what holds them up. What held a stage up before and does so no more
-- is not kept with it, so there is no number of an earlier day to compare with.
SELECT owner_id, segment_id, stage, blocker, count(*)::int AS periods
  FROM walked
 WHERE stalled
 GROUP BY 1, 2, 3, 4
