-- What lists show of an account: its latest score, and the change against the row of a week before (or up to two weeks,
-- when a night was missed). Read from what was staged: of the day in the history the planner knows nothing yet, and
-- would look through all staged rows for each of its rows. It returns what to tell of each account that is in another band.
UPDATE accounts_account a
   SET health_score = f.score::float8, health_band = f.band, health_change = (f.score - f.before)::float8, health_on = f.as_of
  FROM (SELECT s.account_id, s.as_of, nullif(s.score, -1) / 1000000::numeric AS score, p.score AS before,
               (ARRAY['none', 'red', 'yellow', 'green'])[s.band + 1] AS band
          FROM scored s
          LEFT JOIN LATERAL (SELECT b.score FROM health_healthscore b
                              WHERE b.account_id = s.account_id AND b.as_of <= s.as_of - 7 AND b.as_of > s.as_of - 14
                              ORDER BY b.as_of DESC LIMIT 1) p ON true) f
 WHERE a.id = f.account_id AND (a.health_on IS NULL OR a.health_on <= f.as_of)
   AND (a.health_score, a.health_band, a.health_change, a.health_on)
       IS DISTINCT FROM (f.score::float8, f.band, (f.score - f.before)::float8, f.as_of)
RETURNING a.id AS account_id,
          CASE WHEN old.health_band <> new.health_band
               THEN jsonb_build_object('before', old.health_band, 'after', new.health_band, 'score', round(f.score, 2),
                                       'as_of', f.as_of) END AS data
