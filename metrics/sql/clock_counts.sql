-- How many accounts have which clock, by the month they signed in and one cut; attributes are those of today.
SELECT date_trunc('month', r.signed_on)::date AS month, r.clock, r.reached, r.left_it, r.days, r.target,
       r.signed_on + r.target <= %(as_of)s AS due, r.signed_on + 90 <= %(as_of)s AS due_90,
       CASE %(cut)s WHEN 'all' THEN '' WHEN 'segment' THEN r.segment WHEN 'source' THEN a.source
                    WHEN 'industry' THEN a.industry WHEN 'region' THEN a.region WHEN 'tier' THEN a.tier
                    WHEN 'size' THEN CASE WHEN a.employees IS NULL THEN '' WHEN a.employees < 100 THEN '1-99'
                                          WHEN a.employees < 1000 THEN '100-999' ELSE '1000+' END
                    WHEN 'owner' THEN coalesce(m.name, '') WHEN 'month' THEN to_char(r.signed_on, 'YYYY-MM')
                    WHEN 'quarter' THEN to_char(date_trunc('quarter', r.signed_on), 'YYYY-MM') END AS value,
       count(*) AS accounts
  FROM {running} r
  JOIN accounts_account a ON a.id = r.account_id
  LEFT JOIN accounts_member m ON m.id = a.owner_id
 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
 ORDER BY 1, 2, 9, 5, 3, 4, 6, 7, 8;
