-- The journey of each value of a cut ({cut}, a column of `walked`) in the span.
SELECT w.{cut} AS value, count(DISTINCT w.account_id)::int AS accounts, count(DISTINCT w.track_id)::int AS tracks,
       count(*) FILTER (WHERE w.stage = 'onboarding' AND e.ended)::int AS onboarding_ended,
       count(*) FILTER (WHERE w.stage = 'onboarding' AND e.completed)::int AS onboarding_completed,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY w.days) FILTER (WHERE w.stage = 'onboarding' AND e.completed)::float8 AS onboarding_days,
       count(*) FILTER (WHERE w.stage = 'adoption' AND e.ended)::int AS adoption_ended,
       count(*) FILTER (WHERE w.stage = 'adoption' AND e.completed)::int AS adoption_completed,
       count(*) FILTER (WHERE e.ended AND w.outcome = 'regressed')::int AS went_back,
       count(*) FILTER (WHERE w.stage = 'renewal' AND e.ended)::int AS renewal_ended,
       count(*) FILTER (WHERE w.stage = 'renewal' AND e.completed)::int AS renewal_completed,
       count(*) FILTER (WHERE e.arrived)::int AS arrived,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY w.entered_on - w.opened_on) FILTER (WHERE e.arrived)::float8 AS retention_days
  FROM walked w
 CROSS JOIN LATERAL (SELECT coalesce(w.exited_on BETWEEN %(first)s AND %(last)s, false) AS ended,
                            coalesce(w.exited_on BETWEEN %(first)s AND %(last)s, false) AND w.outcome = 'completed' AS completed,
                            w.stage = 'retention' AND w.first_time AND w.entered_on BETWEEN %(first)s AND %(last)s AS arrived) e
 WHERE w.entered_on <= %(last)s AND (w.exited_on IS NULL OR w.exited_on >= %(first)s)
 GROUP BY 1
