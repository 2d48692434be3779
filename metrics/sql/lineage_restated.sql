-- Accounts whose month looks different now from how it looked at an earlier moment of knowledge, the largest gap first.
SELECT x.id AS account_id, x.name, v.id IS NOT NULL AS visible,
       coalesce(k.was, 0) AS was_then, coalesce(k.now, 0) AS now_then, coalesce(s.was, 0) AS was_now, coalesce(s.now, 0) AS now_now,
       count(*) OVER () AS accounts
  FROM (SELECT account_id, mrr AS now, CASE WHEN %(window)s = 1 THEN mrr_1_now ELSE mrr_12_now END AS was
          FROM {account_month} WHERE month = %(month)s) k
  FULL JOIN (SELECT account_id, mrr AS now, CASE WHEN %(window)s = 1 THEN mrr_1_now ELSE mrr_12_now END AS was
               FROM metrics_accountmonth WHERE month = %(month)s) s USING (account_id)
  JOIN accounts_account x ON x.id = coalesce(k.account_id, s.account_id)
  LEFT JOIN {visible} v ON v.id = x.id
 WHERE (coalesce(k.was, 0), coalesce(k.now, 0)) <> (coalesce(s.was, 0), coalesce(s.now, 0))
 ORDER BY visible DESC, abs(coalesce(s.now, 0) - coalesce(k.now, 0)) DESC, abs(coalesce(s.was, 0) - coalesce(k.was, 0)) DESC, x.name
 LIMIT %(limit)s;
