-- What lists show of an account: its latest score, and the change against the row of a week before (or up to two weeks,
-- when a night was missed).
UPDATE accounts_account a
   SET health_score = f.score, health_band = f.band, health_change = f.change, health_on = f.as_of
  FROM (SELECT s.account_id, h.as_of, h.score::float8 AS score, h.band, (h.score - p.score)::float8 AS change
          FROM scored s
          JOIN health_healthscore h ON h.account_id = s.account_id AND h.as_of = s.as_of
          LEFT JOIN LATERAL (SELECT b.score FROM health_healthscore b
                              WHERE b.account_id = s.account_id AND b.as_of <= s.as_of - 7 AND b.as_of > s.as_of - 14
                              ORDER BY b.as_of DESC LIMIT 1) p ON true) f
 WHERE a.id = f.account_id AND (a.health_on IS NULL OR a.health_on <= f.as_of)
   AND (a.health_score, a.health_band, a.health_change, a.health_on)
       IS DISTINCT FROM (f.score, f.band, f.change, f.as_of);
