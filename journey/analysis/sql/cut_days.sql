-- How often it took each number of days, by each value of each cut: an onboarding that was completed in the span, and the way to the
-- first retention of a track that came to it in the span.
SELECT w.owner_id, w.segment_id, c.cut, c.value, d.cell, d.days, count(*)::int AS n
  FROM walked w
 CROSS JOIN LATERAL (VALUES
       ('onboarding_days', w.days, w.stage = 'onboarding' AND w.outcome = 'completed' AND w.exited_on BETWEEN %(first)s AND %(last)s),
       ('retention_days', w.entered_on - w.opened_on, w.stage = 'retention' AND w.first_time AND w.entered_on BETWEEN %(first)s AND %(last)s)
       ) d(cell, days, holds)
 CROSS JOIN LATERAL (VALUES ('segment', w.segment), ('source', w.source), ('size', w.size), ('tier', w.tier)) c(cut, value)
 WHERE d.holds
 GROUP BY 1, 2, 3, 4, 5, 6
