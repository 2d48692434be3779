-- The staged customers one by one, the latest losses first and the largest first among them; what is hidden from the
-- reader is one row without a name.
SELECT x.id AS account_id, x.external_id, x.name, coalesce(s.name, l.segment, '') AS segment,
       coalesce(m.name, '') AS owner, l.month, l.mrr, l.category, l.reason, l.note, l.competitor, l.said_by, 1 AS customers
  FROM lost l
  JOIN {visible} v ON v.id = l.account_id
  JOIN accounts_account x ON x.id = l.account_id
  LEFT JOIN accounts_segment s ON s.id::text = l.segment
  LEFT JOIN accounts_member m ON m.id::text = l.owner
 WHERE l.month >= %(since)s
   AND (NOT %(said)s OR l.note <> '')
 UNION ALL
SELECT NULL, '', '', '', '', NULL, sum(l.mrr)::bigint, NULL, '', '', '', '', count(*)::int
  FROM lost l
  LEFT JOIN {visible} v ON v.id = l.account_id
 WHERE l.month >= %(since)s AND v.id IS NULL AND NOT %(said)s
HAVING count(*) > 0
 ORDER BY month DESC NULLS LAST, mrr DESC, name, account_id
 LIMIT %(limit)s;
