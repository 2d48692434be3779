-- The accounts in the temporary table `restated` that the reader may open, the largest effect first.
SELECT *
  FROM restated
 WHERE visible
 ORDER BY abs(opening) + abs(fx) + abs(closing) + abs(expansion) + abs(contraction) + abs(churned) DESC, name, account_id
 LIMIT %(limit)s;
