-- The three clocks of each account as lines: days until it was reached, until it left without, or until the day asked for.
-- Who signed before usage was collected has no clock of the first use: nobody knows when it began.
SELECT c.account_id, c.signed_on, c.segment, c.profile, c.target, k.clock, k.ended_on IS NOT NULL AS reached,
       k.ended_on IS NULL AND c.left_on IS NOT NULL AS left_it,
       greatest(coalesce(k.ended_on, least(c.left_on, %(as_of)s)) - c.signed_on, 0) AS days
  FROM clocked c
 CROSS JOIN LATERAL (VALUES ('ttv_login', c.login_on), ('ttv_onboarding', c.onboarding_on), ('ttv', c.value_on)) k (clock, ended_on)
 WHERE k.clock <> 'ttv_login' OR c.signed_on >= %(usage_from)s
