-- Three sources side by side for each month: the ledger, the aggregate, and the periods themselves.
WITH ledger AS (
    SELECT month, sum(amount_minor) AS net,
           sum(amount_minor) FILTER (WHERE kind = 'fx') AS fx, sum(amount_minor) FILTER (WHERE kind = 'new') AS new,
           sum(amount_minor) FILTER (WHERE kind = 'expansion') AS up, sum(amount_minor) FILTER (WHERE kind = 'contraction') AS down,
           sum(amount_minor) FILTER (WHERE kind = 'churn') AS churn, sum(amount_minor) FILTER (WHERE kind = 'reactivation') AS back
      FROM metrics_mrrmovement GROUP BY month
), direct AS (
    SELECT g.m, sum(round(p.mrr_minor * r.rate)) AS closing
      FROM period p
     CROSS JOIN LATERAL generate_series(p.from_m, least(p.to_m - 1, %(to_m)s)) g (m)
      JOIN rate r ON r.currency = p.currency AND r.m = g.m
     GROUP BY g.m
)
SELECT a.month,
       a.opening_mrr + a.fx_effect + a.new_mrr + a.expansion_mrr - a.contraction_mrr - a.churned_mrr + a.reactivation_mrr
           - a.closing_mrr AS identity_gap,
       a.closing_mrr - coalesce(d.closing, 0) AS period_gap,
       abs(a.fx_effect - coalesce(l.fx, 0)) + abs(a.new_mrr - coalesce(l.new, 0)) + abs(a.expansion_mrr - coalesce(l.up, 0))
           + abs(a.contraction_mrr + coalesce(l.down, 0)) + abs(a.churned_mrr + coalesce(l.churn, 0))
           + abs(a.reactivation_mrr - coalesce(l.back, 0)) AS ledger_gap,
       a.closing_mrr - lag(a.closing_mrr, 1, 0) OVER (ORDER BY a.month) - coalesce(l.net, 0) AS chain_gap
  FROM metrics_retentionmonth a
  LEFT JOIN ledger l ON l.month = a.month
  LEFT JOIN direct d ON d.m = (extract(year FROM a.month) * 12 + extract(month FROM a.month) - 1)::int
 WHERE a."window" = 1 AND a.dimension = 'all'
 ORDER BY a.month;
