-- Stages that are held up at the end of the span, or without progress for more than twice the upper end of their target
-- (flags.stalled_for), by stage and what holds them up. What held a stage up before and does so no more is not kept with it, so
-- there is no number of an earlier day to compare with.
SELECT stage, blocker, count(*)::int AS periods
  FROM walked
 WHERE (exited_on IS NULL OR exited_on > %(last)s)
   AND (blocker <> '' AND blocked_on <= %(last)s OR %(last)s - progressed_on > 2 * days_to)
 GROUP BY 1, 2
