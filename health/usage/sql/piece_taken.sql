-- Before their events are read: what a batch adds meanwhile is read as well, or stays touched.
DELETE FROM health_usagetouched t USING usage_piece p
 WHERE t.tenant_id = %(tenant)s AND t.day = p.day AND t.account_id = p.account_id
