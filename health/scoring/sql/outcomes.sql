-- Success criteria as they stood: the latest measurement that was taken and known by then; a confirmation counts as reached.
CREATE TEMPORARY TABLE got_outcomes ON COMMIT DROP AS
SELECT n,
       avg(least(done / expected, 1)) FILTER (WHERE due_age < %(progress)s AND (expected >= 0.1 OR reached))::float8 AS progress,
       count(*) FILTER (WHERE reached AND due_age < %(reached_share)s)::float8
           / nullif(count(*) FILTER (WHERE due_age < %(reached_share)s AND (due_age >= 0 OR reached)), 0) AS reached_share,
       (max(as_of) - coalesce(max(confirmed), min(agreed_on)))::float8 AS value_confirmed,
       CASE WHEN bool_or(first_value) AND max(as_of) - min(started_on) BETWEEN 0 AND %(first_value)s - 1
            THEN greatest(coalesce(min(confirmed) FILTER (WHERE first_value), max(as_of)) - min(started_on)
                          - min(first_value_days), 0)::float8
       END AS first_value
  FROM (SELECT q.n, q.as_of, q.started_on, q.first_value_days, o.agreed_on, o.first_value, c.confirmed, q.as_of - o.due_on AS due_age,
               c.confirmed IS NOT NULL OR coalesce(v.done >= 1, false) AS reached,
               CASE WHEN c.confirmed IS NOT NULL THEN 1 ELSE least(greatest(coalesce(v.done, 0), 0), 1) END AS done,
               greatest(least((q.as_of - o.agreed_on)::numeric / greatest(o.due_on - o.agreed_on, 1), 1), 0.001) AS expected
          FROM asked q
          JOIN health_outcome o ON o.account_id = q.account_id AND o.agreed_on <= q.as_of AND o.known_on <= q.known_on
                               AND (o.dropped_on IS NULL OR o.dropped_on > q.as_of)
         CROSS JOIN LATERAL (SELECT CASE WHEN o.confirmed_on <= q.as_of THEN o.confirmed_on END AS confirmed) c
          LEFT JOIN LATERAL (SELECT (m.value - o.baseline) / (o.target - o.baseline) AS done
                               FROM health_outcomemeasurement m
                              WHERE m.outcome_id = o.id AND m.measured_on <= q.as_of AND m.known_on <= q.known_on
                              ORDER BY m.measured_on DESC, m.recorded_at DESC LIMIT 1) v ON true) o
 GROUP BY n;
