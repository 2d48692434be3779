-- The ledger lines that the periods in scope call for, compared with those that stand: what is no longer called for is
-- reversed, what is missing is written. Nothing is changed or removed (METRICS rules 5, 6; HOUSE 3). The reason is a
-- part of what a line says (MET-07): one whose reason is not the right one any more is reversed as well.
CREATE TEMPORARY TABLE line ON COMMIT DROP AS
WITH line AS (
    -- A period adds its money in its first month and takes it away in the month of its end.
    SELECT p.account_id, p.subscription_id, p.change_id, p.from_m AS m, round(p.mrr_minor * r.rate)::bigint AS amount,
           p.start_on AS effective_on, p.product_id, '' AS gone, false AS ends
      FROM period p JOIN rate r ON r.currency = p.currency AND r.m = p.from_m
     WHERE p.from_m BETWEEN %(from_m)s AND %(to_m)s
    UNION ALL
    SELECT p.account_id, p.subscription_id, p.change_id, p.to_m, -round(p.mrr_minor * r.rate)::bigint, p.end_on, p.product_id, p.gone, true
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
)
SELECT * FROM classified WHERE kind IS NOT NULL;

ANALYZE line;

-- What people named as the reason, in the words of the ledger, when they wrote down the version: that a period is left is
-- said of its end, anything else of its end when the version moved that, else of its start. The latest word counts, where
-- it fits: money that grew was no downgrade, money that shrank no upsell.
CREATE TEMPORARY TABLE said ON COMMIT DROP AS
SELECT subscription_id,
       (array_agg(word ORDER BY recorded_at DESC, id DESC) FILTER (WHERE word <> ALL (%(leaving)s) AND kind <> 'period'))[1] AS at_start,
       (array_agg(word ORDER BY recorded_at DESC, id DESC) FILTER (WHERE word <> ALL (%(leaving)s) AND kind = 'period'))[1] AS at_end,
       (array_agg(word ORDER BY recorded_at DESC, id DESC) FILTER (WHERE word = ANY (%(leaving)s)))[1] AS left_for
  FROM (SELECT c.subscription_id, c.recorded_at, c.id, c.kind, translate(lower(btrim(c.reason)), ' -', '__') AS word
          FROM {scope} s
          JOIN accounts_subscriptionchange c ON c.account_id = s.id
         WHERE c.tenant_id = %(tenant_id)s AND c.recorded_at <= %(known_at)s AND c.reason <> '') w
 WHERE word = ANY (%(reasons)s)
 GROUP BY subscription_id;

-- Where an account grew or shrank, what became of each of its products: before and now, at this month's rates.
CREATE TEMPORARY TABLE product_move ON COMMIT DROP AS
WITH side AS (
    SELECT g.account_id, g.m, g.product_id, bool_or(p.from_m < g.m) AS ever,
           sum(p.mrr_minor * r.rate) FILTER (WHERE p.from_m < g.m AND p.to_m >= g.m) AS was,
           sum(p.mrr_minor * r.rate) FILTER (WHERE p.to_m > g.m) AS now,
           sum(p.discount * r.rate) FILTER (WHERE p.from_m < g.m AND p.to_m >= g.m) AS off_was,
           sum(p.discount * r.rate) FILTER (WHERE p.to_m > g.m) AS off_now,
           sum(p.seats) FILTER (WHERE p.from_m < g.m AND p.to_m >= g.m) AS seats_was,
           sum(p.seats) FILTER (WHERE p.to_m > g.m) AS seats_now,
           max(to_char(n.rank, 'FM00000') || n.id) FILTER (WHERE p.from_m < g.m AND p.to_m >= g.m) AS plan_was,
           max(to_char(n.rank, 'FM00000') || n.id) FILTER (WHERE p.to_m > g.m) AS plan_now,
           max(s.at_start) FILTER (WHERE p.from_m = g.m) AS at_start,
           max(s.at_end) FILTER (WHERE p.to_m = g.m) AS at_end,
           max(s.left_for) FILTER (WHERE p.to_m = g.m) AS left_for
      FROM (SELECT DISTINCT account_id, m, product_id FROM line WHERE kind IN ('expansion', 'contraction')) g
      JOIN period p ON p.account_id = g.account_id AND p.product_id = g.product_id AND p.from_m <= g.m
      JOIN rate r ON r.currency = p.currency AND r.m = g.m
      LEFT JOIN accounts_plan n ON n.id = p.plan_id
      LEFT JOIN said s ON s.subscription_id = p.subscription_id
     GROUP BY g.account_id, g.m, g.product_id
)
SELECT account_id, m, product_id,
       coalesce(CASE WHEN at_start <> ALL (unfit) THEN at_start END, CASE WHEN at_end <> ALL (unfit) THEN at_end END,
                CASE WHEN now IS NULL THEN left_for END) AS said,
       now IS NULL OR now < was AS shrinks,
       CASE WHEN was IS NULL THEN CASE WHEN ever THEN 'returned' ELSE 'cross_sell' END
            WHEN now IS NULL THEN 'product_dropped'
            WHEN now = was THEN 'other'
            -- Plans without an order of their own: the money says which is the larger one.
            WHEN plan_now <> plan_was AND (left(plan_now, 5) = left(plan_was, 5) OR (plan_now > plan_was) = (now > was))
                 THEN CASE WHEN now > was THEN 'upsell' ELSE 'downgrade' END
            WHEN seats_now <> seats_was AND (seats_now > seats_was) = (now > was) THEN 'seats'
            -- A discount that explains half of it or more.
            WHEN off_was <> off_now AND (off_was > off_now) = (now > was) AND 2 * abs(off_was - off_now) >= abs(now - was)
                 THEN CASE WHEN now > was THEN 'discount_ended' ELSE 'discount' END
            ELSE 'price' END AS reason
  FROM side
 CROSS JOIN LATERAL (SELECT CASE WHEN now IS NULL OR now < was THEN %(growing)s::text[]
                                 WHEN was IS NULL OR now > was THEN %(shrinking)s::text[] ELSE '{}' END AS unfit) w;

ANALYZE product_move;

CREATE TEMPORARY TABLE wanted ON COMMIT DROP AS
WITH reasoned AS (
    SELECT l.account_id, l.subscription_id, l.change_id, l.m, l.amount, l.effective_on, l.ends, l.kind,
           CASE l.kind WHEN 'new' THEN coalesce(CASE WHEN s.at_start <> ALL (%(shrinking)s) THEN s.at_start END, 'new_customer')
                       WHEN 'reactivation' THEN coalesce(CASE WHEN s.at_start <> ALL (%(shrinking)s) THEN s.at_start END, 'returned')
                       WHEN 'churn' THEN coalesce(s.left_for, CASE WHEN s.at_end <> ALL (%(growing)s) THEN s.at_end END,
                                                  nullif(l.gone, ''), 'cancelled')
                ELSE coalesce(g.said, CASE WHEN g.shrinks THEN nullif(l.gone, '') END, g.reason) END AS reason
      FROM line l
      LEFT JOIN said s ON s.subscription_id = l.subscription_id
      LEFT JOIN product_move g ON g.account_id = l.account_id AND g.m = l.m AND g.product_id = l.product_id
), fx AS (
    -- The opening balance is revalued at the month's rate first (METRICS rule 17).
    SELECT p.account_id, p.subscription_id, p.change_id, g.m,
           (round(p.mrr_minor * r_now.rate) - round(p.mrr_minor * r_then.rate))::bigint AS amount,
           make_date(g.m / 12, g.m %% 12 + 1, 1) AS effective_on, false AS ends, 'fx' AS kind, 'currency' AS reason
      FROM period p
     CROSS JOIN LATERAL generate_series(greatest(p.from_m + 1, %(from_m)s), least(p.to_m, %(to_m)s)) g (m)
      JOIN rate r_now ON r_now.currency = p.currency AND r_now.m = g.m
      JOIN rate r_then ON r_then.currency = p.currency AND r_then.m = g.m - 1
     WHERE p.currency <> %(currency)s
)
SELECT account_id, subscription_id, m, kind, reason, min(change_id::text)::uuid AS change_id, sum(amount)::bigint AS amount,
       min(effective_on) AS effective_on, bool_or(ends) AS ends
  FROM (SELECT * FROM reasoned UNION ALL SELECT * FROM fx) e
 GROUP BY account_id, subscription_id, m, kind, reason
HAVING sum(amount) <> 0;

CREATE TEMPORARY TABLE standing ON COMMIT DROP AS
SELECT t.account_id, t.subscription_id, (extract(year FROM t.month) * 12 + extract(month FROM t.month) - 1)::int AS m,
       t.kind, t.reason, sum(t.amount_minor)::bigint AS amount, (array_agg(t.id ORDER BY t.recorded_at DESC, t.id DESC))[1] AS last_id,
       (array_agg(t.change_id ORDER BY t.recorded_at DESC, t.id DESC))[1] AS change_id,
       (array_agg(t.effective_on ORDER BY t.recorded_at DESC, t.id DESC))[1] AS effective_on
  FROM {scope} s
  JOIN metrics_mrrmovement t ON t.account_id = s.id
 WHERE t.tenant_id = %(tenant_id)s
   AND t.month BETWEEN make_date(%(from_m)s / 12, %(from_m)s %% 12 + 1, 1) AND make_date(%(to_m)s / 12, %(to_m)s %% 12 + 1, 1)
 GROUP BY t.account_id, t.subscription_id, t.month, t.kind, t.reason
HAVING sum(t.amount_minor) <> 0;

-- A line stands for the version since which the period says what the line says: one of its start for where, when and what is
-- paid since, one of its end for when and why that ended. A later version that ends a period has not begun it.
INSERT INTO metrics_mrrmovement
       (id, tenant_id, account_id, subscription_id, change_id, month, kind, reason, amount_minor, effective_on, recorded_at,
        reverses_id)
SELECT uuidv7(), %(tenant_id)s, s.account_id, s.subscription_id, s.change_id, make_date(s.m / 12, s.m %% 12 + 1, 1), s.kind,
       s.reason, -s.amount, s.effective_on, clock_timestamp(), s.last_id
  FROM standing s
  LEFT JOIN wanted w USING (account_id, subscription_id, m, kind, reason)
 WHERE w.amount IS DISTINCT FROM s.amount
UNION ALL
SELECT uuidv7(), %(tenant_id)s, w.account_id, w.subscription_id, v.id, make_date(w.m / 12, w.m %% 12 + 1, 1), w.kind,
       w.reason, w.amount, w.effective_on, clock_timestamp(), NULL
  FROM wanted w
  LEFT JOIN standing s USING (account_id, subscription_id, m, kind, reason)
 CROSS JOIN LATERAL (
     SELECT h.id
       FROM (SELECT c.id, c.recorded_at,
                    bool_and(CASE WHEN w.ends THEN (c.end_on, c.past_due_on, c.end_reason) IS NOT DISTINCT FROM (n.end_on, n.past_due_on, n.end_reason)
                                  ELSE (c.start_on, c.product_id) IS NOT DISTINCT FROM (n.start_on, n.product_id) END
                             AND (c.account_id, c.mrr_minor, c.currency, c.voided) = (n.account_id, n.mrr_minor, n.currency, n.voided)
                             -- One that begins and ends in one month writes no line.
                             AND date_trunc('month', c.end_on) IS DISTINCT FROM date_trunc('month', c.start_on))
                        OVER (ORDER BY c.recorded_at DESC, c.id DESC) AS holds
               FROM accounts_subscriptionchange n
               JOIN accounts_subscriptionchange c ON c.tenant_id = n.tenant_id AND c.subscription_id = n.subscription_id
              WHERE n.tenant_id = %(tenant_id)s AND n.id = w.change_id AND c.recorded_at <= %(known_at)s) h
      WHERE h.holds ORDER BY h.recorded_at, h.id LIMIT 1) v
 WHERE s.amount IS DISTINCT FROM w.amount;
