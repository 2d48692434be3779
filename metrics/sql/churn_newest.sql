-- The last cohort (month or quarter of the first payment) that had a customer and that ended early enough to have an age.
SELECT max(date_trunc(%(grain)s, f.month))::date AS cohort
  FROM {account_month} f
 WHERE f.month = f.first_month
   AND (date_trunc(%(grain)s, f.month) + make_interval(months => %(cohort_months)s - 1 + %(age)s))::date <= %(to_month)s;
