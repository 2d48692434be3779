-- The accounts behind one term of a figure, the reader's own first and the largest first among them. Sums run over all of
-- them, before the limit; what is hidden from the reader has only its own sum. Attributes are those of the base day, by
-- the same rule as retention.sql.
WITH base AS (
    SELECT a.account_id, a.first_month, a.mrr AS now,
           CASE WHEN %(window)s = 12 THEN a.mrr_12 ELSE a.mrr_1 END AS opening,
           CASE WHEN %(window)s = 12 THEN a.mrr_12_now ELSE a.mrr_1_now END AS was
      FROM {account_month} a
     WHERE a.month = %(month)s AND (%(account_id)s::uuid IS NULL OR a.account_id = %(account_id)s::uuid)
), judged AS (
    SELECT b.*,
           CASE WHEN was = now THEN 'flat'
                WHEN was = 0 THEN CASE WHEN first_month > %(base_month)s THEN 'new' ELSE 'reactivation' END
                WHEN now = 0 THEN 'churn' WHEN now > was THEN 'expansion' ELSE 'contraction' END AS kind,
           CASE WHEN was <= 0 THEN now ELSE was END * 12 AS acv
      FROM base b
     WHERE was > 0 OR now > 0 OR opening > 0
), behind AS (
    SELECT j.*,
           CASE %(part)s WHEN 'opening' THEN opening WHEN 'fx' THEN was - opening WHEN 'closing' THEN now
                ELSE now - was END AS amount
      FROM judged j
      LEFT JOIN {attribute_days} h ON h.account_id = j.account_id AND h.attribute = %(dimension)s
                                  AND %(base_day)s >= h.since AND %(base_day)s < h.until
     WHERE (%(dimension)s = 'all'
            OR CASE WHEN %(dimension)s <> 'acv_band' THEN coalesce(h.value, '')
                    WHEN acv < %(band_1)s THEN 'under $1K' WHEN acv < %(band_2)s THEN '$1K-10K'
                    WHEN acv < %(band_3)s THEN '$10K-50K' ELSE '$50K+' END = ANY(%(values)s))
       AND CASE %(part)s WHEN 'opening' THEN opening > 0 WHEN 'fx' THEN was <> opening WHEN 'closing' THEN now > 0
                WHEN 'base' THEN was > 0 WHEN 'everybody' THEN true ELSE kind = %(part)s END
)
SELECT b.account_id, x.name, x.external_id, v.id IS NOT NULL AS visible, b.opening, b.was, b.now, b.first_month, b.kind,
       b.amount,
       sum(b.amount) OVER () AS total, count(*) OVER () AS accounts,
       coalesce(sum(b.amount) FILTER (WHERE v.id IS NULL) OVER (), 0) AS hidden_total,
       count(*) FILTER (WHERE v.id IS NULL) OVER () AS hidden
  FROM behind b
  JOIN accounts_account x ON x.id = b.account_id
  LEFT JOIN {visible} v ON v.id = b.account_id
 ORDER BY visible DESC, abs(b.amount) DESC, x.name, b.account_id
 LIMIT %(limit)s;
