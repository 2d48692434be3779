-- Of the customers that first paid in each month or quarter: how many there were, and how many of them paid nothing at the
-- end of the month in which they reached an age, of the cohorts that all of whose customers have reached it. `history`
-- stands already; segments as of the day that ended the first month.
SELECT cohort, count(*)::int AS customers, count(*) FILTER (WHERE later.mrr = 0)::int AS lost
  FROM (SELECT f.account_id, f.month, date_trunc(%(grain)s, f.month)::date AS cohort
          FROM {account_month} f
         WHERE f.month = f.first_month) won
  JOIN {account_month} later ON later.account_id = won.account_id
                            AND later.month = (won.month + make_interval(months => %(age)s))::date
 WHERE (cohort + make_interval(months => %(cohort_months)s - 1 + %(age)s))::date <= %(to_month)s
   AND (%(segment)s = '' OR EXISTS (
        SELECT FROM history h
         WHERE h.account_id = won.account_id AND h.attribute = 'segment' 
           AND (h.value = %(segment)s OR h.value IN (SELECT id::text FROM accounts_segment WHERE name = %(segment)s))
           AND (won.month + interval '1 month')::date - 1 >= h.since AND (won.month + interval '1 month')::date - 1 < h.until))
 GROUP BY cohort
 ORDER BY cohort;
