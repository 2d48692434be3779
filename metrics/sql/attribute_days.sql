-- Dated attributes of accounts as ranges of days; the first value holds for all time before it (CONTRACTS 3). Conditions on
-- the attribute reach through to the rows that are read.
SELECT account_id, attribute, value,
       CASE WHEN row_number() OVER w = 1 THEN '-infinity'::date ELSE effective_on END AS since,
       coalesce(lead(effective_on) OVER w, 'infinity'::date) AS until
  FROM (SELECT DISTINCT ON (account_id, attribute, effective_on) account_id, attribute, value, effective_on
          FROM accounts_accountchange
         WHERE recorded_at <= %(known_at)s
         ORDER BY account_id, attribute, effective_on, recorded_at DESC, id DESC) c
WINDOW w AS (PARTITION BY account_id, attribute ORDER BY effective_on)
