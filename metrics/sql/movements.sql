-- The ledger lines that the periods in scope call for, compared with those that stand: what is no longer called for is
-- reversed, what is missing is written. Nothing is changed or removed (METRICS rules 5, 6; HOUSE 3).
CREATE TEMPORARY TABLE wanted ON COMMIT DROP AS
WITH line AS (
    -- A period adds its money in its first month and takes it away in the month of its end.
    SELECT p.account_id, p.subscription_id, p.change_id, p.from_m AS m, round(p.mrr_minor * r.rate)::bigint AS amount,
           p.start_on AS effective_on
      FROM period p JOIN rate r ON r.currency = p.currency AND r.m = p.from_m
     WHERE p.from_m BETWEEN %(from_m)s AND %(to_m)s
    UNION ALL
    SELECT p.account_id, p.subscription_id, p.change_id, p.to_m, -round(p.mrr_minor * r.rate)::bigint, p.end_on
      FROM period p JOIN rate r ON r.currency = p.currency AND r.m = p.to_m
     WHERE p.to_m BETWEEN %(from_m)s AND %(to_m)s
), classified AS (
    SELECT l.*,
           CASE WHEN a.mrr = a.mrr_1_now THEN NULL
                WHEN a.mrr_1_now = 0 THEN CASE WHEN a.first_month = a.month THEN 'new' ELSE 'reactivation' END
                WHEN a.mrr = 0 THEN 'churn'
                WHEN a.mrr > a.mrr_1_now THEN 'expansion'
                ELSE 'contraction' END AS kind
      FROM line l
      JOIN metrics_accountmonth a ON a.account_id = l.account_id AND a.month = make_date(l.m / 12, l.m %% 12 + 1, 1)
), fx AS (
    -- The opening balance is revalued at the month's rate first (METRICS rule 17).
    SELECT p.account_id, p.subscription_id, p.change_id, g.m,
           (round(p.mrr_minor * r_now.rate) - round(p.mrr_minor * r_then.rate))::bigint AS amount,
           make_date(g.m / 12, g.m %% 12 + 1, 1) AS effective_on, 'fx' AS kind
      FROM period p
     CROSS JOIN LATERAL generate_series(greatest(p.from_m + 1, %(from_m)s), least(p.to_m, %(to_m)s)) g (m)
      JOIN rate r_now ON r_now.currency = p.currency AND r_now.m = g.m
      JOIN rate r_then ON r_then.currency = p.currency AND r_then.m = g.m - 1
     WHERE p.currency <> %(currency)s
)
SELECT account_id, subscription_id, m, kind, min(change_id::text)::uuid AS change_id, sum(amount)::bigint AS amount,
       min(effective_on) AS effective_on
  FROM (SELECT account_id, subscription_id, change_id, m, amount, effective_on, kind FROM classified
         WHERE kind IS NOT NULL
        UNION ALL
        SELECT account_id, subscription_id, change_id, m, amount, effective_on, kind FROM fx) e
 GROUP BY account_id, subscription_id, m, kind
HAVING sum(amount) <> 0;

CREATE TEMPORARY TABLE standing ON COMMIT DROP AS
SELECT t.account_id, t.subscription_id, (extract(year FROM t.month) * 12 + extract(month FROM t.month) - 1)::int AS m,
       t.kind, sum(t.amount_minor)::bigint AS amount, (array_agg(t.id ORDER BY t.recorded_at DESC, t.id DESC))[1] AS last_id,
       (array_agg(t.change_id ORDER BY t.recorded_at DESC, t.id DESC))[1] AS change_id,
       (array_agg(t.effective_on ORDER BY t.recorded_at DESC, t.id DESC))[1] AS effective_on
  FROM {scope} s
  JOIN metrics_mrrmovement t ON t.account_id = s.id
 WHERE t.tenant_id = %(tenant_id)s
   AND t.month BETWEEN make_date(%(from_m)s / 12, %(from_m)s %% 12 + 1, 1) AND make_date(%(to_m)s / 12, %(to_m)s %% 12 + 1, 1)
 GROUP BY t.account_id, t.subscription_id, t.month, t.kind
HAVING sum(t.amount_minor) <> 0;

INSERT INTO metrics_mrrmovement
       (id, tenant_id, account_id, subscription_id, change_id, month, kind, amount_minor, effective_on, recorded_at, reverses_id)
SELECT uuidv7(), %(tenant_id)s, s.account_id, s.subscription_id, s.change_id, make_date(s.m / 12, s.m %% 12 + 1, 1), s.kind,
       -s.amount, s.effective_on, clock_timestamp(), s.last_id
  FROM standing s
  LEFT JOIN wanted w USING (account_id, subscription_id, m, kind)
 WHERE w.amount IS DISTINCT FROM s.amount
UNION ALL
SELECT uuidv7(), %(tenant_id)s, w.account_id, w.subscription_id, w.change_id, make_date(w.m / 12, w.m %% 12 + 1, 1), w.kind,
       w.amount, w.effective_on, clock_timestamp(), NULL
  FROM wanted w
  LEFT JOIN standing s USING (account_id, subscription_id, m, kind)
 WHERE s.amount IS DISTINCT FROM w.amount;
