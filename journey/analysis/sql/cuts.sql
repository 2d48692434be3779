-- The journey of each value of each cut in the span, as counts; `cell` names them.
SELECT o.owner_id, o.segment_id, o.cut, o.value, v.cell, v.n
  FROM (SELECT w.owner_id, w.segment_id, c.cut, c.value, count(DISTINCT w.account_id)::int AS accounts,
               count(DISTINCT w.track_id)::int AS tracks,
               count(*) FILTER (WHERE w.stage = 'onboarding' AND e.ended)::int AS onboarding_ended,
               count(*) FILTER (WHERE w.stage = 'adoption' AND e.ended)::int AS adoption_ended,
               count(*) FILTER (WHERE w.stage = 'adoption' AND e.ended AND w.outcome = 'completed')::int AS adoption_completed,
               count(*) FILTER (WHERE e.ended AND w.outcome = 'regressed')::int AS went_back,
               count(*) FILTER (WHERE w.stage = 'renewal' AND e.ended)::int AS renewal_ended,
               count(*) FILTER (WHERE w.stage = 'renewal' AND e.ended AND w.outcome = 'completed')::int AS renewal_completed
          FROM walked w
         CROSS JOIN LATERAL (SELECT coalesce(w.exited_on BETWEEN %(first)s AND %(last)s, false) AS ended) e
         CROSS JOIN LATERAL (VALUES ('segment', w.segment), ('source', w.source), ('size', w.size), ('tier', w.tier)) c(cut, value)
         WHERE w.entered_on <= %(last)s AND (w.exited_on IS NULL OR w.exited_on >= %(first)s)
         GROUP BY 1, 2, 3, 4) o
 CROSS JOIN LATERAL (VALUES ('accounts', o.accounts), ('tracks', o.tracks), ('onboarding_ended', o.onboarding_ended),
       ('adoption_ended', o.adoption_ended), ('adoption_completed', o.adoption_completed), ('went_back', o.went_back),
       ('renewal_ended', o.renewal_ended), ('renewal_completed', o.renewal_completed)) v(cell, n)
 WHERE v.n > 0
