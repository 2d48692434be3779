-- Accounts whose rows in the file name different segments: the one of the earliest period counts, whatever the order.
WITH chosen AS (
    SELECT DISTINCT ON (account) account, segment
      FROM import_index
     WHERE segment <> ''
       AND account IN (SELECT account FROM import_index GROUP BY account HAVING min(segment) <> max(segment))
     ORDER BY account, period, key, segment
)
SELECT DISTINCT i.position, c.account, c.segment FROM import_index i JOIN chosen c USING (account);
