-- Who was seen: first and last day, and the account of the latest moment, whatever the order in which we learn it.
INSERT INTO health_usageuser AS u (id, tenant_id, external_id, account_id, first_day, last_day, seen_at)
SELECT uuidv7(), %(tenant)s, user_ref, (array_agg(account_id ORDER BY occurred_at DESC, account_id))[1],
       min(day), max(day), max(occurred_at)
  FROM usage_raw
 WHERE user_ref <> ''
 GROUP BY user_ref
 ORDER BY user_ref
ON CONFLICT (tenant_id, external_id) DO UPDATE
   SET account_id = CASE WHEN u.seen_at >= EXCLUDED.seen_at THEN u.account_id ELSE EXCLUDED.account_id END,
       seen_at = greatest(u.seen_at, EXCLUDED.seen_at),
       first_day = least(u.first_day, EXCLUDED.first_day),
       last_day = greatest(u.last_day, EXCLUDED.last_day)
 WHERE u.seen_at IS NULL OR u.seen_at < EXCLUDED.seen_at OR u.last_day IS NULL OR u.last_day < EXCLUDED.last_day
    OR u.first_day IS NULL OR u.first_day > EXCLUDED.first_day
