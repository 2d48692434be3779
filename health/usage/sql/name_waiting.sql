-- Events that wait because nobody said which account they belong to, and whose user has one by now, are given it.
UPDATE health_heldevent h
   SET account_ref = a.external_id,
       event = jsonb_set(h.event, '{account}', to_jsonb(a.external_id)),
       updated_at = clock_timestamp()
  FROM health_usageuser u JOIN accounts_account a ON a.id = u.account_id
 WHERE h.state = 'quarantined' AND h.account_ref = '' AND h.code = 'unknown_account'
   AND h.event ->> 'user' <> '' AND u.external_id = h.event ->> 'user';
