-- The staged scores into the history; a row that says the same already stays as it is.
INSERT INTO health_healthscore AS h (tenant_id, account_id, as_of, version_id, score, band, coverage, usage, engagement, support,
                                     outcomes, raw, points, shares, computed_at)
SELECT %(tenant_id)s, account_id, as_of, version_id, nullif(score, -1) / 1000000::numeric,
       (ARRAY['none', 'red', 'yellow', 'green'])[band + 1], coverage::numeric(7, 6),
       nullif(usage, -1) / 1000000::numeric, nullif(engagement, -1) / 1000000::numeric,
       nullif(support, -1) / 1000000::numeric, nullif(outcomes, -1) / 1000000::numeric,
       array_replace(raw, 'NaN', NULL), array_replace(points, -1, NULL), array_replace(shares, -1, NULL), now()
  FROM scored
 ORDER BY account_id, as_of
ON CONFLICT (tenant_id, account_id, as_of) DO UPDATE
   SET version_id = excluded.version_id, score = excluded.score, band = excluded.band, coverage = excluded.coverage,
       usage = excluded.usage, engagement = excluded.engagement, support = excluded.support, outcomes = excluded.outcomes,
       raw = excluded.raw, points = excluded.points, shares = excluded.shares, computed_at = excluded.computed_at
 WHERE (h.version_id, h.score, h.band, h.coverage, h.raw, h.points, h.shares)
       IS DISTINCT FROM (excluded.version_id, excluded.score, excluded.band, excluded.coverage, excluded.raw, excluded.points,
                         excluded.shares);
