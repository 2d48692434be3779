-- Receipts of which nothing is held any more.
DELETE FROM health_receipt r
 WHERE r.tenant_id = %(tenant)s AND r.received_at < %(before)s
   AND NOT EXISTS (SELECT FROM health_heldevent h
                    WHERE h.tenant_id = %(tenant)s AND (h.receipt_id = r.id OR h.released_by_id = r.id))
