-- Who is no longer scored (churned, or nothing is known) shows no score either. It returns what to tell of them.
UPDATE accounts_account a
   SET health_score = NULL, health_band = 'none', health_change = NULL, health_on = NULL
  FROM {scope} s
 WHERE a.id = s.id AND a.health_on <= %(as_of)s
   AND NOT EXISTS (SELECT FROM scored n WHERE n.account_id = a.id)
RETURNING a.id AS account_id,
          CASE WHEN old.health_band <> 'none'
               THEN jsonb_build_object('before', old.health_band, 'after', 'none', 'score', NULL, 'as_of', %(as_of)s::date) END AS data
