-- The customers who first paid in some months, each at the same age: what it paid first (at the later month's rate) and what
-- then. Sums run over all of them; what stays hidden from the reader has only its own.
WITH aged AS (
    SELECT a.account_id, a.first_month, a.first_mrr_now AS first_mrr, a.mrr, x.name, x.external_id, v.id IS NOT NULL AS visible
      FROM {account_month} a
      JOIN accounts_account x ON x.id = a.account_id
      LEFT JOIN accounts_segment s ON s.id = x.segment_id
      LEFT JOIN {visible} v ON v.id = a.account_id
     WHERE a.first_month BETWEEN %(cohort_from)s AND %(cohort_to)s
       AND a.month = (a.first_month + make_interval(months => %(age)s))::date
       AND a.month <= %(to_month)s
       AND (%(segment)s = '' OR s.name = %(segment)s)
)
SELECT aged.*, count(*) OVER () AS accounts, count(*) FILTER (WHERE mrr > 0) OVER () AS survivors,
       count(*) FILTER (WHERE NOT visible) OVER () AS hidden,
       coalesce(sum(first_mrr) OVER (), 0) AS first_total, coalesce(sum(mrr) OVER (), 0) AS total,
       coalesce(sum(mrr) FILTER (WHERE NOT visible) OVER (), 0) AS hidden_total
  FROM aged
 ORDER BY visible DESC, abs(mrr - first_mrr) DESC, name, account_id
 LIMIT %(limit)s;
