-- Money of a month by contract currency: in its own and in the reporting currency, with who pays in it and the rate used.
SELECT p.currency, sum(p.mrr_minor)::bigint AS mrr, sum(round(p.mrr_minor * r.rate))::bigint AS here,
       count(DISTINCT p.account_id) AS customers, min(r.rate) AS factor
  FROM period p JOIN rate r ON r.currency = p.currency AND r.m = %(m)s
 WHERE p.from_m <= %(m)s AND p.to_m > %(m)s
 GROUP BY p.currency
 ORDER BY here DESC, p.currency;
