-- Customers by the month that they first paid in and their segment of today, with the known costs of winning them (MET-06).
-- Each month's are looked up by the index of months, so that nobody's other months are read.
INSERT INTO metrics_wonmonth (tenant_id, month, segment_id, won, known, cost)
SELECT %(tenant_id)s, a.month, coalesce(x.segment_id, '00000000-0000-0000-0000-000000000000'),
       count(*), count(x.cac_minor), coalesce(sum(x.cac_minor), 0)
  FROM generate_series(%(from_month)s::timestamp, %(to_month)s::timestamp, '1 month') g
  JOIN metrics_accountmonth a ON a.tenant_id = %(tenant_id)s AND a.month = g::date AND a.first_month = g::date
  JOIN accounts_account x ON x.tenant_id = %(tenant_id)s AND x.id = a.account_id
 GROUP BY 2, 3;
