-- The latest score of each account of `asked` (place, account_id, day) on or within the week before its day.
SELECT a.place, h.score::float8 AS score, h.band
  FROM asked_health a
  CROSS JOIN LATERAL (
    SELECT s.score, s.band
      FROM health_healthscore s
     WHERE s.account_id = a.account_id AND s.as_of <= a.day AND s.as_of > a.day - 7
     ORDER BY s.as_of DESC
     LIMIT 1
  ) h
 ORDER BY a.place
