-- Everything that the journey page says of a span, in parts that add up: whoever reads rows of several owners and segments adds
-- `n`, `accounts` and `mrr` of those that are otherwise alike. An account has one owner and one segment, so that what counts each
-- account once may be added too, and days stand as how often each number of them came, so that no median is lost.
-- `part` is the span ('now') or the one before; `word` says how, from where or why; `cut` and `value` by what it is cut.
SELECT f.owner_id, f.segment_id, 'flow' AS figure, f.cell, f.part, f.stage, f.other AS word, '' AS cut, '' AS value,
       NULL::int AS days, f.periods AS n, f.accounts, f.mrr
  FROM {flow} f
 UNION ALL
SELECT s.owner_id, s.segment_id, 'stalled', '', 'now', s.stage, s.blocker, '', '', NULL, s.periods, 0, 0 FROM {stalls} s
 UNION ALL
SELECT d.owner_id, d.segment_id, 'days', '', 'now', d.stage, d.word, '', '', d.days, d.periods, 0, 0 FROM {days} d
 UNION ALL
SELECT c.owner_id, c.segment_id, 'cut', c.cell, 'now', '', '', c.cut, c.value, NULL, c.n, 0, 0 FROM {cuts} c
 UNION ALL
SELECT c.owner_id, c.segment_id, 'cut', c.cell, 'now', '', '', c.cut, c.value, c.days, c.n, 0, 0 FROM {cut_days} c
 UNION ALL
SELECT a.owner_id, a.segment_id, 'answers', '', a.part, a.stage, a.word, a.cut, a.value, NULL, a.n, 0, 0 FROM {answers} a
 UNION ALL
SELECT v.owner_id, v.segment_id, 'first_value', '', v.part, '', v.word, '', '', v.days, v.n, 0, 0 FROM {first_value} v
