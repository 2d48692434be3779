-- Sums of the snapshot by month and window, over all accounts and by each dimension as it was at the base date.
-- One pass for each window: GROUPING SETS makes the total and every cut from the same rows.
INSERT INTO {retention_month}
       (tenant_id, month, "window", dimension, value, opening_mrr, fx_effect, new_mrr, expansion_mrr, contraction_mrr,
        churned_mrr, reactivation_mrr, closing_mrr, opening_customers, new_customers, expanded_customers,
        contracted_customers, churned_customers, reactivated_customers, closing_customers)
WITH base AS (
    SELECT a.account_id, a.month, a.first_month, a.mrr AS now,
           CASE WHEN %(window)s = 1 THEN a.mrr_1 ELSE a.mrr_12 END AS then_raw,
           CASE WHEN %(window)s = 1 THEN a.mrr_1_now ELSE a.mrr_12_now END AS was,
           (a.month - make_interval(months => %(window)s))::date AS base_month,
           (a.month - make_interval(months => %(window)s - 1))::date - 1 AS base_day
      FROM {account_month} a
     WHERE a.month BETWEEN %(from_month)s AND %(to_month)s
), judged AS (
    SELECT b.*,
           CASE WHEN was = now THEN '' WHEN was = 0 THEN CASE WHEN first_month > base_month THEN 'new' ELSE 'back' END
                WHEN now = 0 THEN 'churn' WHEN now > was THEN 'up' ELSE 'down' END AS kind,
           CASE WHEN greatest(was, 0) = 0 THEN now ELSE was END * 12 AS acv
      FROM base b
     WHERE was > 0 OR now > 0 OR then_raw > 0
), cut AS (
    SELECT j.*,
           coalesce(seg.value, '') AS segment, coalesce(ind.value, '') AS industry, coalesce(src.value, '') AS source,
           coalesce(own.value, '') AS owner,
           CASE WHEN j.acv < %(band_1)s THEN 'under $1K' WHEN j.acv < %(band_2)s THEN '$1K-10K'
                WHEN j.acv < %(band_3)s THEN '$10K-50K' ELSE '$50K+' END AS acv_band
      FROM judged j
      LEFT JOIN history seg ON seg.account_id = j.account_id AND seg.attribute = 'segment'
                           AND j.base_day >= seg.since AND j.base_day < seg.until
      LEFT JOIN history ind ON ind.account_id = j.account_id AND ind.attribute = 'industry'
                           AND j.base_day >= ind.since AND j.base_day < ind.until
      LEFT JOIN history src ON src.account_id = j.account_id AND src.attribute = 'source'
                           AND j.base_day >= src.since AND j.base_day < src.until
      LEFT JOIN history own ON own.account_id = j.account_id AND own.attribute = 'owner'
                           AND j.base_day >= own.since AND j.base_day < own.until
), summed AS (
    SELECT month,
           CASE WHEN grouping(segment) = 0 THEN 'segment' WHEN grouping(acv_band) = 0 THEN 'acv_band'
                WHEN grouping(industry) = 0 THEN 'industry' WHEN grouping(source) = 0 THEN 'source'
                WHEN grouping(owner) = 0 THEN 'owner' ELSE 'all' END AS dimension,
           coalesce(segment, acv_band, industry, source, owner, '') AS value,
           sum(then_raw) AS opening, sum(was - then_raw) AS fx,
           sum(now - was) FILTER (WHERE kind = 'new') AS new, sum(now - was) FILTER (WHERE kind = 'up') AS up,
           sum(was - now) FILTER (WHERE kind = 'down') AS down, sum(was - now) FILTER (WHERE kind = 'churn') AS churn,
           sum(now - was) FILTER (WHERE kind = 'back') AS back, sum(now) AS closing,
           count(*) FILTER (WHERE was > 0) AS n_opening, count(*) FILTER (WHERE kind = 'new') AS n_new,
           count(*) FILTER (WHERE kind = 'up') AS n_up, count(*) FILTER (WHERE kind = 'down') AS n_down,
           count(*) FILTER (WHERE kind = 'churn') AS n_churn, count(*) FILTER (WHERE kind = 'back') AS n_back,
           count(*) FILTER (WHERE now > 0) AS n_closing
      FROM cut
     GROUP BY GROUPING SETS ((month), (month, segment), (month, acv_band), (month, industry), (month, source), (month, owner))
), every_month AS (
    -- A month without a customer is a month of zeros, not a hole.
    SELECT g::date AS month FROM generate_series(%(from_month)s::date, %(to_month)s::date, '1 month') g
)
SELECT %(tenant_id)s, coalesce(s.month, e.month), %(window)s, coalesce(s.dimension, 'all'), coalesce(s.value, ''),
       coalesce(s.opening, 0), coalesce(s.fx, 0), coalesce(s.new, 0), coalesce(s.up, 0), coalesce(s.down, 0),
       coalesce(s.churn, 0), coalesce(s.back, 0), coalesce(s.closing, 0), coalesce(s.n_opening, 0), coalesce(s.n_new, 0),
       coalesce(s.n_up, 0), coalesce(s.n_down, 0), coalesce(s.n_churn, 0), coalesce(s.n_back, 0), coalesce(s.n_closing, 0)
  FROM every_month e
  LEFT JOIN summed s ON s.month = e.month;
