-- The customers that first paid in the window, one line each, the dearest first and those without a known cost last; those
-- that the reader may not open are counted and added up in the same columns of every row.
WITH won AS (
    SELECT a.account_id, x.name, x.external_id, coalesce(s.name, '') AS segment, x.source, a.first_month,
           x.cac_minor AS cost, a.mrr, a.first_mrr_now AS first_mrr, v.id IS NOT NULL AS visible,
           x.source = 'referral' OR x.referred_by_id IS NOT NULL AS referred
      FROM {account_month} a
      JOIN accounts_account x ON x.id = a.account_id
      LEFT JOIN accounts_segment s ON s.id = x.segment_id
      LEFT JOIN {visible} v ON v.id = a.account_id
     WHERE a.month = %(to_month)s
       AND a.first_month BETWEEN %(from_month)s AND %(to_month)s
       AND (%(segment)s = '' OR s.name = %(segment)s)
), asked AS (
    SELECT *, count(*) FILTER (WHERE NOT visible) OVER () AS hidden, count(*) OVER () AS won,
           coalesce(sum(cost) FILTER (WHERE NOT visible) OVER (), 0) AS hidden_cost
      FROM won
     WHERE CASE %(cut)s WHEN 'segment' THEN segment = %(value)s WHEN 'source' THEN source = %(value)s
                        WHEN 'referred' THEN referred = (%(value)s = 'referred')
                        WHEN 'unknown' THEN cost IS NULL ELSE true END
)
SELECT * FROM asked
 ORDER BY visible DESC, cost DESC NULLS LAST, name, account_id
 LIMIT %(limit)s;
