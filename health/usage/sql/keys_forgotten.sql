-- One bounded piece of the keys that are older than retries and replays can be.
DELETE FROM health_usagekey
 WHERE tenant_id = %(tenant)s AND received_on < %(before)s
   AND ctid = ANY (ARRAY(SELECT ctid FROM health_usagekey
                          WHERE tenant_id = %(tenant)s AND received_on < %(before)s LIMIT %(rows)s))
