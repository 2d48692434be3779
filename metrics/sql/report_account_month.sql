-- Each account and month with money before or now. The amount is a size; the movement says its direction, and
-- currency effects are no part of it.
SELECT x.external_id AS account, a.month, a.mrr_1 AS previous_mrr, a.mrr,
       CASE WHEN a.mrr = a.mrr_1_now THEN 'flat'
            WHEN a.mrr_1_now = 0 THEN CASE WHEN a.first_month = a.month THEN 'new' ELSE 'reactivation' END
            WHEN a.mrr = 0 THEN 'churn' WHEN a.mrr > a.mrr_1_now THEN 'expansion' ELSE 'contraction' END AS movement,
       abs(a.mrr - a.mrr_1_now) AS amount
  FROM {account_month} a
  JOIN accounts_account x ON x.id = a.account_id
  LEFT JOIN accounts_segment s ON s.id = x.segment_id
 WHERE a.month BETWEEN %(from_month)s AND %(to_month)s
   AND (a.mrr > 0 OR a.mrr_1 > 0)
   AND (%(segment)s = '' OR s.name = %(segment)s)
 ORDER BY x.external_id, a.month;
