-- The standing lines that filters leave: kind, reason, ownership, part of the account's name, CSM of today, and the segment
-- as it was on the day before the month, which is that of the board's month (retention.sql).
SELECT l.*, a.name, a.external_id, coalesce(m.name, '') AS owner
  FROM {line} l
  JOIN accounts_account a ON a.id = l.account_id
  LEFT JOIN accounts_member m ON m.id = a.owner_id
 WHERE (%(kind)s = '' OR l.kind = %(kind)s)
   AND (%(reason)s = '' OR l.reason = %(reason)s)
   AND (%(owned)s::boolean IS NULL OR l.owned = %(owned)s::boolean)
   AND (%(q)s = '' OR position(lower(%(q)s) IN a.name_key) > 0)
   AND (%(owner)s::uuid IS NULL OR a.owner_id = %(owner)s::uuid)
   AND (%(segment)s = '' OR EXISTS (SELECT FROM {attribute_days} h
                                     WHERE h.account_id = l.account_id AND h.attribute = 'segment' AND h.value = ANY(%(segments)s)
                                       AND l.month - 1 >= h.since AND l.month - 1 < h.until))
