-- Rows of the day of accounts that are not scored on it any more.
DELETE FROM health_healthscore h
 USING {scope} s
 WHERE h.account_id = s.id AND h.as_of = %(as_of)s
   AND NOT EXISTS (SELECT FROM scored n WHERE n.account_id = h.account_id AND n.as_of = h.as_of);
