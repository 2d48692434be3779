-- Customers by the month they first paid in and what it cost to win them, where that is known (MET-06, ACC-13).
SELECT a.month, e.value, grouping(e.value) = 1 AS total, count(*) AS won, count(c.cac_minor) AS known,
       coalesce(sum(c.cac_minor), 0) AS cost
  FROM {account_month} a
  JOIN accounts_account c ON c.id = a.account_id
  JOIN explored e ON e.account_id = a.account_id
   AND (a.month + interval '1 month')::date - 1 >= e.since AND (a.month + interval '1 month')::date - 1 < e.until
 WHERE a.month = a.first_month AND a.month BETWEEN %(from_month)s AND %(to_month)s
 GROUP BY GROUPING SETS ((a.month), (a.month, e.value));
