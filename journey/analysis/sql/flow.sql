-- How many periods, and the accounts and monthly money behind them (each account once in a cell), stood in a stage, came into it
-- and left it in each of the two spans. `cell` says which of them, `other` how (entry, outcome, cause) or from where.
WITH span AS (
    SELECT * FROM (VALUES ('now', %(first)s::date, %(last)s::date), ('before', %(before_first)s::date, %(first)s::date - 1)) s(span, first, last)
), won AS (
    -- Further tracks that began within 60 days after an expansion of their account was won.
    SELECT DISTINCT w.track_id
      FROM walked w
      JOIN walked e ON e.account_id = w.account_id AND e.stage = 'expansion' AND e.outcome = 'completed'
                   AND e.exited_on BETWEEN w.opened_on - 60 AND w.opened_on
     WHERE w.kind <> 'core'
), told AS (
    SELECT s.span, c.cell, w.stage, c.other, w.track_id, w.account_id, w.owner_id, w.segment_id, w.mrr_minor
      FROM walked w
     CROSS JOIN span s
     CROSS JOIN LATERAL (VALUES
           ('open', '', w.entered_on <= s.last AND (w.exited_on IS NULL OR w.exited_on > s.last)),
           ('was', '', w.entered_on < s.first AND (w.exited_on IS NULL OR w.exited_on >= s.first)),
           ('in', w.entry, w.entered_on BETWEEN s.first AND s.last),
           ('from', w.from_stage, w.entered_on BETWEEN s.first AND s.last AND w.from_stage <> ''),
           ('out', w.outcome, w.exited_on BETWEEN s.first AND s.last),
           ('back', w.back_to, w.exited_on BETWEEN s.first AND s.last AND w.outcome = 'regressed'),
           ('cause', w.cause, w.exited_on BETWEEN s.first AND s.last AND w.outcome = 'regressed'),
           ('recovered', (w.recovered_on - w.exited_on)::text, w.exited_on BETWEEN s.first AND s.last AND w.recovered),
           ('override', '', w.exited_on BETWEEN s.first AND s.last AND w.overridden),
           ('churned', '', w.exited_on BETWEEN s.first AND s.last AND w.left_here)
           ) c(cell, other, holds)
     WHERE c.holds
    UNION ALL
    -- Tracks, whatever stages they stood in: all of the span, new ones, those a won expansion opened, those that ended.
    SELECT t.span, c.cell, '', c.other, t.track_id, t.account_id, t.owner_id, t.segment_id, t.mrr_minor
      FROM (SELECT s.span, s.first, s.last, w.track_id, w.account_id, w.owner_id, w.segment_id, w.mrr_minor, w.kind, w.source, w.opened_on,
                   w.closed_on, w.closed_because,
                   bool_or(w.exited_on IS NULL OR w.exited_on >= s.first) AS seen,
                   bool_or(w.exited_on IS NULL OR w.exited_on > s.last) AS stands,
                   bool_or(w.exited_on BETWEEN s.first AND s.last AND w.left_here) AS lost
              FROM walked w
              JOIN span s ON w.entered_on <= s.last
             GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13) t
      LEFT JOIN won n ON n.track_id = t.track_id
     CROSS JOIN LATERAL (VALUES
           ('tracks', '', t.seen),
           ('open_tracks', '', t.stands),
           ('new', t.kind, t.opened_on BETWEEN t.first AND t.last),
           ('won', '', t.opened_on BETWEEN t.first AND t.last AND n.track_id IS NOT NULL),
           ('referred', '', t.opened_on BETWEEN t.first AND t.last AND t.kind = 'core' AND t.source = 'referral'),
           ('churned', '', t.lost),
           ('closed', t.closed_because, t.closed_on BETWEEN t.first AND t.last)
           ) c(cell, other, holds)
     WHERE c.holds
), one AS (
    SELECT span, cell, stage, other, owner_id, segment_id, account_id, count(*) AS periods, max(mrr_minor) AS mrr
      FROM told
     GROUP BY 1, 2, 3, 4, 5, 6, 7
)
SELECT owner_id, segment_id, span AS part, cell, stage, other, sum(periods)::int AS periods, count(*)::int AS accounts,
       sum(mrr)::bigint AS mrr
  FROM one
 GROUP BY 1, 2, 3, 4, 5, 6
