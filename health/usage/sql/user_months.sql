-- The days of a month as bits. A day once set stays set. Whether it was a core day is said anew for the kept days,
-- because a feature may have become core or advanced since.
INSERT INTO health_usermonth AS m (tenant_id, account_id, month, user_id, known_on, days, core_days)
SELECT %(tenant)s, seen.account_id, month, u.id, known_on, days, core_days
  FROM (SELECT account_id, month, user_ref, known_on, bit_or(bit) AS days, bit_or(CASE WHEN core THEN bit ELSE 0 END) AS core_days
          FROM (SELECT r.account_id, r.user_ref, date_trunc('month', r.day)::date AS month,
                       CASE WHEN r.known_on > r.day THEN r.known_on ELSE date_trunc('month', r.day)::date END AS known_on,
                       1 << (extract(day FROM r.day)::int - 1) AS bit, f.kind = 'core' AS core
                  FROM usage_raw r
                  JOIN accounts_feature f ON f.tenant_id = %(tenant)s AND f.key = r.event
                 WHERE r.user_ref <> '') used
         GROUP BY account_id, month, user_ref, known_on) seen
  JOIN health_usageuser u ON u.tenant_id = %(tenant)s AND u.external_id = seen.user_ref
ON CONFLICT (tenant_id, account_id, month, user_id, known_on) DO UPDATE
   SET days = m.days | EXCLUDED.days,
       core_days = EXCLUDED.core_days | (m.core_days & ~(EXCLUDED.days & (
           CASE WHEN m.month > %(kept_month)s THEN -1 WHEN m.month < %(kept_month)s THEN 0 ELSE %(kept_bits)s END)))
 WHERE (m.days | EXCLUDED.days) <> m.days
    OR m.core_days <> (EXCLUDED.core_days | (m.core_days & ~(EXCLUDED.days & (
           CASE WHEN m.month > %(kept_month)s THEN -1 WHEN m.month < %(kept_month)s THEN 0 ELSE %(kept_bits)s END))))
