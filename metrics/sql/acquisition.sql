-- Customers by the month that they first paid in and by one cut, as of the question's last month: how many, of how many the
-- cost of winning them is known, these costs, what they pay at the month's end, and how many were referred (MET-06, ADV-07).
SELECT a.first_month AS month,
       CASE %(cut)s WHEN 'all' THEN '' WHEN 'segment' THEN coalesce(s.name, '') WHEN 'source' THEN x.source
                    WHEN 'industry' THEN x.industry WHEN 'region' THEN x.region WHEN 'tier' THEN x.tier
                    WHEN 'owner' THEN coalesce(m.name, '')
                    WHEN 'referred' THEN CASE WHEN r.referred THEN 'referred' ELSE 'other' END END AS value,
       count(*) AS won, count(x.cac_minor) AS known, coalesce(sum(x.cac_minor), 0) AS cost,
       count(*) FILTER (WHERE a.mrr > 0) AS paying, sum(a.mrr) AS mrr, sum(a.first_mrr_now) AS first_mrr
  FROM {account_month} a
  JOIN accounts_account x ON x.id = a.account_id
 CROSS JOIN LATERAL (SELECT x.source = 'referral' OR x.referred_by_id IS NOT NULL AS referred) r
  LEFT JOIN accounts_segment s ON s.id = x.segment_id
  LEFT JOIN accounts_member m ON m.id = x.owner_id
 WHERE a.month = %(to_month)s
   AND a.first_month BETWEEN %(from_month)s AND %(to_month)s
   AND (%(segment)s = '' OR s.name = %(segment)s)
 GROUP BY 1, 2
 ORDER BY 1, 2;
