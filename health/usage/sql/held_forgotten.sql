-- What was refused, dismissed or stored at last is shown for some weeks; what still waits is kept as long as its key.
DELETE FROM health_heldevent
 WHERE tenant_id = %(tenant)s
   AND (state <> 'quarantined' AND greatest(received_at, updated_at) < %(settled)s OR received_at < %(waiting)s)
