-- What the indicators of a version moved between two days, over the accounts of `book` that have a score on both; a row
-- whose version changed in between stands with position 0.
SELECT n.version_id, coalesce(s.position, 0) AS position, sum(coalesce(s.moved, n.score * 1000000 - o.score * 1000000))::bigint AS micro,
       count(*) FILTER (WHERE s.moved > 0) AS up, count(*) FILTER (WHERE s.moved < 0) AS down
  FROM book b
  JOIN health_healthscore o ON o.account_id = b.id AND o.as_of = %(before)s AND o.score IS NOT NULL
  JOIN health_healthscore n ON n.account_id = b.id AND n.as_of = %(after)s AND n.score IS NOT NULL
  LEFT JOIN LATERAL (SELECT u.position, coalesce(u.new, 0) - coalesce(u.old, 0) AS moved
                       FROM unnest(o.shares, n.shares) WITH ORDINALITY u (old, new, position)) s ON o.version_id = n.version_id
 GROUP BY n.version_id, coalesce(s.position, 0);
