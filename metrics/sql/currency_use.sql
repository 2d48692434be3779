-- From when until when there is money in each contract currency: whoever values it needs a rate for each of these months.
SELECT currency, min(start_on) AS first, max(coalesce(end_on, 'infinity'::date)) = 'infinity' AS runs, max(end_on) AS last
  FROM accounts_subscription
 WHERE NOT voided AND mrr_minor > 0
 GROUP BY currency ORDER BY currency;
