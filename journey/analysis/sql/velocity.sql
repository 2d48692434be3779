-- Days from entry to completion of the periods that were completed in the span, by stage and segment: middle, spread, and how
-- many of them took no longer than the target's upper end.
SELECT stage, segment, count(*)::int AS periods, avg(days)::float8 AS mean, min(days)::int AS fastest, max(days)::int AS slowest,
       percentile_cont(0.25) WITHIN GROUP (ORDER BY days)::float8 AS low,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY days)::float8 AS median,
       percentile_cont(0.75) WITHIN GROUP (ORDER BY days)::float8 AS high,
       count(*) FILTER (WHERE days <= days_to)::int AS in_target, max(days_from) AS days_from, max(days_to) AS days_to
  FROM walked
 WHERE outcome = 'completed' AND exited_on BETWEEN %(first)s AND %(last)s
 GROUP BY 1, 2
