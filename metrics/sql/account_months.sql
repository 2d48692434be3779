-- Every account in scope at the end of each month from its first paid one to the horizon, beside itself one and twelve
-- months before; with another `short`, at the end of each month whose number `every` divides, beside itself so many and
-- twelve months before.
-- Each period is converted and rounded once for each month, so that every sum of it agrees to the cent.
INSERT INTO {account_month}
       (tenant_id, account_id, month, mrr, mrr_1, mrr_1_now, mrr_12, mrr_12_now, first_month, first_mrr_now)
WITH first AS (
    SELECT account_id, min(from_m) AS m FROM period GROUP BY account_id
), contribution AS (
    SELECT p.account_id,
           g.m,
           s.shift,
           sum(round(p.mrr_minor * r_now.rate)) AS at_now,
           sum(round(p.mrr_minor * r_then.rate)) AS at_then
      FROM period p
     CROSS JOIN (VALUES (0), (%(short)s), (12)) s (shift)
     CROSS JOIN LATERAL generate_series(
           greatest(p.from_m + s.shift, %(from_m)s), least(p.to_m + s.shift - 1, %(to_m)s)) g (m)
      JOIN rate r_now ON r_now.currency = p.currency AND r_now.m = g.m
      JOIN rate r_then ON r_then.currency = p.currency AND r_then.m = g.m - s.shift
     WHERE (%(every)s = 1 OR (g.m + 1) %% %(every)s = 0)  -- of every month the planner must not expect few
     GROUP BY p.account_id, g.m, s.shift
), beginning AS (
    SELECT p.account_id, r.m, sum(round(p.mrr_minor * r.rate)) AS first_now
      FROM period p
      JOIN first f ON f.account_id = p.account_id AND p.from_m <= f.m AND f.m < p.to_m
      JOIN rate r ON r.currency = p.currency AND r.m BETWEEN greatest(f.m, %(from_m)s) AND %(to_m)s
     WHERE (%(every)s = 1 OR (r.m + 1) %% %(every)s = 0)
     GROUP BY p.account_id, r.m
)
SELECT %(tenant_id)s,
       b.account_id,
       make_date(b.m / 12, b.m %% 12 + 1, 1),
       coalesce(max(c.at_now) FILTER (WHERE c.shift = 0), 0),
       coalesce(max(c.at_then) FILTER (WHERE c.shift = %(short)s), 0),
       coalesce(max(c.at_now) FILTER (WHERE c.shift = %(short)s), 0),
       coalesce(max(c.at_then) FILTER (WHERE c.shift = 12), 0),
       coalesce(max(c.at_now) FILTER (WHERE c.shift = 12), 0),
       make_date(f.m / 12, f.m %% 12 + 1, 1),
       b.first_now
  FROM beginning b
  JOIN first f USING (account_id)
  LEFT JOIN contribution c ON c.account_id = b.account_id AND c.m = b.m
 GROUP BY b.account_id, b.m, f.m, b.first_now
 ORDER BY b.m;  -- boards read one month of all accounts: let its rows lie together
