-- How often the periods that were completed in the span took each number of days, by stage and segment; `word` says whether that is
-- no longer than the target's upper end.
SELECT owner_id, segment_id, stage, days, CASE WHEN days <= days_to THEN 'in_target' ELSE '' END AS word, count(*)::int AS periods
  FROM walked
 WHERE outcome = 'completed' AND exited_on BETWEEN %(first)s AND %(last)s
 GROUP BY 1, 2, 3, 4, 5
