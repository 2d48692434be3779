-- Sums of the snapshot by month and window, over all accounts and by each dimension as it was at the base date.
-- One pass for each window: GROUPING SETS makes the total and every cut from the same rows. The night cuts by what is
-- kept, a question by what it names: `cut_1` to `cut_4` are attributes of `history`, an empty one is no cut. A question
-- with filters counts only who met them at the base date: {allowed}, and `acv_bands` unless null.
INSERT INTO {retention_month}
       (tenant_id, month, "window", dimension, value, opening_mrr, fx_effect, new_mrr, expansion_mrr, contraction_mrr,
        churned_mrr, reactivation_mrr, closing_mrr, opening_customers, new_customers, expanded_customers,
        contracted_customers, churned_customers, reactivated_customers, closing_customers)
WITH base AS (
    SELECT a.account_id, a.month, a.first_month, a.mrr AS now,
           CASE WHEN %(window)s = 12 THEN a.mrr_12 ELSE a.mrr_1 END AS then_raw,
           CASE WHEN %(window)s = 12 THEN a.mrr_12_now ELSE a.mrr_1_now END AS was,
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
), banded AS (
    SELECT j.*, CASE WHEN j.acv < %(band_1)s THEN 'under $1K' WHEN j.acv < %(band_2)s THEN '$1K-10K'
                     WHEN j.acv < %(band_3)s THEN '$10K-50K' ELSE '$50K+' END AS acv_band
      FROM judged j
     WHERE NOT %(filtered)s OR EXISTS (SELECT FROM {allowed} w WHERE w.account_id = j.account_id
                                          AND j.base_day >= w.since AND j.base_day < w.until)
), cut AS (
    SELECT b.*, coalesce(c_1.value, '') AS cut_1, coalesce(c_2.value, '') AS cut_2, coalesce(c_3.value, '') AS cut_3,
           coalesce(c_4.value, '') AS cut_4
      FROM banded b
      LEFT JOIN history c_1 ON c_1.account_id = b.account_id AND c_1.attribute = %(cut_1)s
                           AND b.base_day >= c_1.since AND b.base_day < c_1.until
      LEFT JOIN history c_2 ON c_2.account_id = b.account_id AND c_2.attribute = %(cut_2)s
                           AND b.base_day >= c_2.since AND b.base_day < c_2.until
      LEFT JOIN history c_3 ON c_3.account_id = b.account_id AND c_3.attribute = %(cut_3)s
                           AND b.base_day >= c_3.since AND b.base_day < c_3.until
      LEFT JOIN history c_4 ON c_4.account_id = b.account_id AND c_4.attribute = %(cut_4)s
                           AND b.base_day >= c_4.since AND b.base_day < c_4.until
     WHERE %(acv_bands)s::text[] IS NULL OR b.acv_band = ANY (%(acv_bands)s::text[])
), summed AS (
    SELECT month,
           CASE WHEN grouping(acv_band) = 0 THEN 'acv_band' WHEN grouping(cut_1) = 0 THEN %(cut_1)s
                WHEN grouping(cut_2) = 0 THEN %(cut_2)s WHEN grouping(cut_3) = 0 THEN %(cut_3)s
                WHEN grouping(cut_4) = 0 THEN %(cut_4)s ELSE 'all' END AS dimension,
           coalesce(acv_band, cut_1, cut_2, cut_3, cut_4, '') AS value,
           sum(then_raw) AS opening, sum(was - then_raw) AS fx,
           sum(now - was) FILTER (WHERE kind = 'new') AS new, sum(now - was) FILTER (WHERE kind = 'up') AS up,
           sum(was - now) FILTER (WHERE kind = 'down') AS down, sum(was - now) FILTER (WHERE kind = 'churn') AS churn,
           sum(now - was) FILTER (WHERE kind = 'back') AS back, sum(now) AS closing,
           count(*) FILTER (WHERE was > 0) AS n_opening, count(*) FILTER (WHERE kind = 'new') AS n_new,
           count(*) FILTER (WHERE kind = 'up') AS n_up, count(*) FILTER (WHERE kind = 'down') AS n_down,
           count(*) FILTER (WHERE kind = 'churn') AS n_churn, count(*) FILTER (WHERE kind = 'back') AS n_back,
           count(*) FILTER (WHERE now > 0) AS n_closing
      FROM cut
     GROUP BY GROUPING SETS ((month), (month, acv_band), (month, cut_1), (month, cut_2), (month, cut_3), (month, cut_4))
), every_month AS (
    -- A month without a customer is a month of zeros, not a hole.
    SELECT g::date AS month FROM generate_series(%(from_month)s::date, %(to_month)s::date, '1 month') g
     WHERE extract(month FROM g) %% %(every)s = 0
)
SELECT %(tenant_id)s, coalesce(s.month, e.month), %(window)s, coalesce(s.dimension, 'all'), coalesce(s.value, ''),
       coalesce(s.opening, 0), coalesce(s.fx, 0), coalesce(s.new, 0), coalesce(s.up, 0), coalesce(s.down, 0),
       coalesce(s.churn, 0), coalesce(s.back, 0), coalesce(s.closing, 0), coalesce(s.n_opening, 0), coalesce(s.n_new, 0),
       coalesce(s.n_up, 0), coalesce(s.n_down, 0), coalesce(s.n_churn, 0), coalesce(s.n_back, 0), coalesce(s.n_closing, 0)
  FROM every_month e
  LEFT JOIN summed s ON s.month = e.month AND s.dimension <> '';
