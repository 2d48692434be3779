-- The accounts that differ, the largest difference first, with what each side says in contract currency and the facts that
-- may explain it. Who asks sees the accounts of {visible}; ids that nobody knows here belong to no one.
WITH differing AS (
    SELECT c.account_id, c.unknown_id, c.kind, sum(c.here + c.difference)::bigint AS billed, sum(c.here)::bigint AS booked,
           sum(c.difference)::bigint AS difference, bool_or(c.without_rate) AS without_rate, sum(c.periods)::int AS periods, min(c.line) AS line,
           jsonb_agg(jsonb_build_array(c.currency, c.billed, c.booked) ORDER BY c.currency) AS sides
      FROM compared c
     WHERE c.reconciliation_id = %(reconciliation)s AND c.kind = ANY (%(kinds)s)
     GROUP BY c.account_id, c.unknown_id, c.kind
), told AS (
    -- What the periods of these accounts say of the month: begun or ended around it, discounts in contract money, why it ended.
    SELECT p.account_id, bool_or(p.from_m = %(m)s) AS started, bool_or(p.to_m = %(m)s) AS ended, bool_or(p.to_m = %(m)s + 1) AS ends_next,
           bool_or(p.to_m <= %(m)s AND p.gone = 'involuntary') AS unpaid, bool_or(p.from_m = %(m)s + 1) AS starts_next,
           coalesce(round(sum(p.discount) FILTER (WHERE p.from_m <= %(m)s AND p.to_m > %(m)s)), 0)::bigint AS discount
      FROM period p
     WHERE p.account_id IN (SELECT account_id FROM differing)
     GROUP BY 1
), free AS (
    -- What runs and is no recurring charge; a withdrawn period is none at all.
    SELECT coalesce(l.root_id, s.account_id) AS account_id, array_agg(DISTINCT s.charge) AS charges
      FROM accounts_subscription s LEFT JOIN logo l ON l.account_id = s.account_id
     WHERE NOT s.voided AND s.charge <> 'recurring' AND s.start_on < %(next_month)s AND (s.end_on IS NULL OR s.end_on >= %(month)s)
       AND coalesce(l.root_id, s.account_id) IN (SELECT account_id FROM differing)
     GROUP BY 1
)
SELECT d.*, a.external_id, a.name, coalesce(t.started, false) AS started, coalesce(t.ended, false) AS ended,
       coalesce(t.ends_next, false) AS ends_next, coalesce(t.starts_next, false) AS starts_next, coalesce(t.unpaid, false) AS unpaid,
       coalesce(t.discount, 0) AS discount, coalesce(f.charges, ARRAY[]::text[]) AS charges,
       d.account_id IS NULL OR EXISTS (SELECT FROM {visible} v WHERE v.id = d.account_id) AS visible
  FROM differing d
  LEFT JOIN accounts_account a ON a.id = d.account_id
  LEFT JOIN told t ON t.account_id = d.account_id
  LEFT JOIN free f ON f.account_id = d.account_id
 ORDER BY abs(d.difference) DESC, coalesce(a.name, d.unknown_id), d.account_id
 LIMIT %(limit)s;
