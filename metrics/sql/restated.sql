-- What each account adds to the difference between a month as known at one moment and at another, term by term, in the
-- temporary table `restated`. Terms are those of retention.sql; attributes are those of the base day, as known on each side.
CREATE TEMPORARY TABLE restated ON COMMIT DROP AS
WITH side (later, sign, known_at) AS (
    VALUES (false, -1, %(known_then)s::timestamptz), (true, 1, %(known_now)s::timestamptz)
), history AS (
    SELECT later, account_id, value,
           CASE WHEN row_number() OVER w = 1 THEN '-infinity'::date ELSE effective_on END AS since,
           coalesce(lead(effective_on) OVER w, 'infinity'::date) AS until
      FROM (SELECT DISTINCT ON (s.later, c.account_id, c.effective_on) s.later, c.account_id, c.value, c.effective_on
              FROM accounts_accountchange c JOIN side s ON c.recorded_at <= s.known_at
             WHERE c.attribute = %(dimension)s
             ORDER BY s.later, c.account_id, c.effective_on, c.recorded_at DESC, c.id DESC) c
    WINDOW w AS (PARTITION BY later, account_id ORDER BY effective_on)
), base AS (
    SELECT false AS later, a.account_id, a.first_month, a.mrr AS now,
           CASE WHEN %(window)s = 12 THEN a.mrr_12 ELSE a.mrr_1 END AS opening,
           CASE WHEN %(window)s = 12 THEN a.mrr_12_now ELSE a.mrr_1_now END AS was
      FROM {month_then} a WHERE a.month = %(month)s
    UNION ALL
    SELECT true, a.account_id, a.first_month, a.mrr,
           CASE WHEN %(window)s = 12 THEN a.mrr_12 ELSE a.mrr_1 END,
           CASE WHEN %(window)s = 12 THEN a.mrr_12_now ELSE a.mrr_1_now END
      FROM {month_now} a WHERE a.month = %(month)s
), judged AS (
    SELECT b.*, s.sign,
           CASE WHEN was = now THEN '' WHEN was = 0 THEN CASE WHEN first_month > %(base_month)s THEN 'new' ELSE 'back' END
                WHEN now = 0 THEN 'churn' WHEN now > was THEN 'up' ELSE 'down' END AS kind,
           CASE WHEN was <= 0 THEN now ELSE was END * 12 AS acv
      FROM base b JOIN side s USING (later)
     WHERE was > 0 OR now > 0 OR opening > 0
), behind AS (
    SELECT j.*
      FROM judged j
      LEFT JOIN history h ON h.later = j.later AND h.account_id = j.account_id
                         AND %(base_day)s >= h.since AND %(base_day)s < h.until
     WHERE %(dimension)s = 'all'
        OR CASE WHEN %(dimension)s <> 'acv_band' THEN coalesce(h.value, '')
                WHEN acv < %(band_1)s THEN 'under $1K' WHEN acv < %(band_2)s THEN '$1K-10K'
                WHEN acv < %(band_3)s THEN '$10K-50K' ELSE '$50K+' END = ANY(%(values)s)
), terms AS (
    SELECT account_id,
           coalesce(max(was) FILTER (WHERE NOT later), 0) AS was_then, coalesce(max(now) FILTER (WHERE NOT later), 0) AS now_then,
           coalesce(max(was) FILTER (WHERE later), 0) AS was_now, coalesce(max(now) FILTER (WHERE later), 0) AS now_now,
           sum(sign * opening) AS opening, sum(sign * (was - opening)) AS fx,
           coalesce(sum(sign * (now - was)) FILTER (WHERE kind = 'new'), 0) AS new,
           coalesce(sum(sign * (now - was)) FILTER (WHERE kind = 'up'), 0) AS expansion,
           coalesce(sum(sign * (was - now)) FILTER (WHERE kind = 'down'), 0) AS contraction,
           coalesce(sum(sign * (was - now)) FILTER (WHERE kind = 'churn'), 0) AS churned,
           coalesce(sum(sign * (now - was)) FILTER (WHERE kind = 'back'), 0) AS reactivation,
           sum(sign * now) AS closing,
           coalesce(sum(sign) FILTER (WHERE was > 0), 0) AS opening_customers,
           coalesce(sum(sign) FILTER (WHERE kind = 'new'), 0) AS new_customers,
           coalesce(sum(sign) FILTER (WHERE kind = 'up'), 0) AS expanded_customers,
           coalesce(sum(sign) FILTER (WHERE kind = 'down'), 0) AS contracted_customers,
           coalesce(sum(sign) FILTER (WHERE kind = 'churn'), 0) AS churned_customers,
           coalesce(sum(sign) FILTER (WHERE kind = 'back'), 0) AS reactivated_customers,
           coalesce(sum(sign) FILTER (WHERE now > 0), 0) AS closing_customers
      FROM behind
     GROUP BY account_id
)
SELECT t.*, x.name, x.external_id, v.id IS NOT NULL AS visible
  FROM terms t
  JOIN accounts_account x ON x.id = t.account_id
  LEFT JOIN {visible} v ON v.id = t.account_id
 WHERE opening <> 0 OR fx <> 0 OR new <> 0 OR expansion <> 0 OR contraction <> 0 OR churned <> 0 OR reactivation <> 0
    OR closing <> 0 OR opening_customers <> 0 OR new_customers <> 0 OR expanded_customers <> 0 OR contracted_customers <> 0
    OR churned_customers <> 0 OR reactivated_customers <> 0 OR closing_customers <> 0;
