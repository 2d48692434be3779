-- The periods behind a number of the page, the longest first: `show` names the number, the other parameters narrow it (empty: all).
-- They go on after the period `id` that stood at `length`; with `back` they go back from it, the nearest first. `total` is of all.
WITH found AS (
    SELECT w.*, CASE WHEN %(show)s = 'stalled' THEN w.idle ELSE coalesce(w.exited_on, %(last)s) - w.entered_on END AS length
      FROM walked w
     WHERE CASE %(show)s
           WHEN 'open' THEN w.exited_on IS NULL OR w.exited_on > %(last)s
           WHEN 'in' THEN w.entered_on >= %(first)s
           WHEN 'new' THEN w.opened_on >= %(first)s AND w.entered_on >= %(first)s AND w.entry = 'began'
           WHEN 'completed' THEN w.outcome = 'completed' AND w.exited_on BETWEEN %(first)s AND %(last)s
           WHEN 'ended' THEN w.exited_on BETWEEN %(first)s AND %(last)s
           WHEN 'back' THEN w.outcome = 'regressed' AND w.exited_on BETWEEN %(first)s AND %(last)s
           WHEN 'skipped' THEN w.outcome = 'skipped' AND w.exited_on BETWEEN %(first)s AND %(last)s
           WHEN 'left' THEN w.outcome = 'abandoned' AND w.exited_on BETWEEN %(first)s AND %(last)s
           WHEN 'override' THEN w.overridden AND w.exited_on BETWEEN %(first)s AND %(last)s
           WHEN 'churned' THEN w.left_here AND w.exited_on BETWEEN %(first)s AND %(last)s
           WHEN 'flag' THEN w.exited_on IS NULL
           WHEN 'stalled' THEN w.stalled
           END
       AND %(stage)s IN ('', w.stage) AND %(cause)s IN ('', w.cause) AND %(to)s IN ('', w.back_to)
       AND (%(from)s = '' OR w.from_stage = %(from)s) AND (%(blocker)s = '' OR %(blocker)s = coalesce(nullif(w.blocker, ''), 'none'))
       AND (%(ids)s::uuid[] IS NULL OR w.period_id = ANY (%(ids)s::uuid[]))
       AND (NOT %(cutting)s OR w.{cut} = %(value)s)
)
SELECT f.period_id, f.track_id, f.account_id, f.kind, f.name, f.stage, f.entered_on, f.exited_on, f.outcome, f.cause, f.blocker, f.note,
       f.length, f.mrr_minor, f.segment, a.name AS account, a.external_id, coalesce(m.name, '') AS csm, (SELECT count(*) FROM found)::int AS total
  FROM found f
  JOIN accounts_account a ON a.id = f.account_id
  LEFT JOIN accounts_member m ON m.id = f.owner_id
 WHERE %(id)s::uuid IS NULL
    OR CASE WHEN %(back)s THEN (f.length, f.period_id) > (%(length)s::bigint, %(id)s::uuid)
            ELSE (f.length, f.period_id) < (%(length)s::bigint, %(id)s::uuid) END
 ORDER BY CASE WHEN %(back)s THEN f.length END, CASE WHEN %(back)s THEN f.period_id END, f.length DESC, f.period_id DESC
 LIMIT %(limit)s
