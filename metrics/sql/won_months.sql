-- Customers by the month that they first paid in and their segment of today, with the known costs of winning them (MET-06).
INSERT INTO metrics_wonmonth (tenant_id, month, segment_id, won, known, cost)
SELECT %(tenant_id)s, a.month, coalesce(x.segment_id, '00000000-0000-0000-0000-000000000000'), count(*), count(x.cac_minor), coalesce(sum(x.cac_minor), 0)
  FROM metrics_accountmonth a
  JOIN accounts_account x ON x.id = a.account_id
 WHERE a.month = a.first_month
 GROUP BY 2, 3;
