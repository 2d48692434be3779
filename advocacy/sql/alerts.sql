-- Accounts in `scope` (id) that were qualified at the end of a day while nobody of them was in the program, and since when.
SELECT q.account_id, q.qualified_since
  FROM advocacy_qualification q
  JOIN {scope} s ON s.id = q.account_id
 WHERE q.qualified AND q.qualified_since <= %(as_of)s
   AND NOT EXISTS (SELECT FROM advocacy_advocate d
                    WHERE d.account_id = q.account_id AND d.enrolled_on <= %(as_of)s
                      AND (d.left_on IS NULL OR d.left_on > %(as_of)s))
