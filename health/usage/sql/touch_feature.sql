-- All kept days on which the feature was used are rolled up anew.
INSERT INTO health_usagetouched (tenant_id, receipt_id, account_id, day)
SELECT DISTINCT %(tenant)s, %(mark)s::uuid, account_id, day
  FROM health_featureday
 WHERE tenant_id = %(tenant)s AND feature_id = %(feature)s AND day >= (SELECT kept_from FROM health_usagestore)
