-- Who is no longer scored (churned, or nothing is known) shows no score either.
UPDATE accounts_account a
   SET health_score = NULL, health_band = 'none', health_change = NULL, health_on = NULL
  FROM {scope} s
 WHERE a.id = s.id AND a.health_on <= %(as_of)s
   AND NOT EXISTS (SELECT FROM scored n WHERE n.account_id = a.id);
