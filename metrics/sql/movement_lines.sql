-- The ledger lines of some months that stand (reversed ones add up to nothing), each with the reason that counts and whether
-- the CS team owns it: what a person said, else what was read off the terms (the rule of metrics/insights/movements.py, MET-07).
-- Periods that follow each other under one subscription id are one line: what it pays more or less, not out and in.
-- `id` is the line of the later of them.
SELECT l.account_id, l.month, l.kind, s.external_id AS line, l.derived, l.said_reason, l.said_owned, l.said, l.reason, l.owned,
       sum(l.amount)::bigint AS amount,
       (array_agg(l.id ORDER BY s.start_on DESC, l.id DESC))[1] AS id,
       (array_agg(l.change_id ORDER BY s.start_on DESC, l.id DESC))[1] AS change_id,
       (array_agg(s.product_id ORDER BY s.start_on DESC, l.id DESC))[1] AS product_id,
       (array_agg(l.noted_by_id ORDER BY s.start_on DESC, l.id DESC))[1] AS noted_by_id, max(l.noted_at) AS noted_at
  FROM (SELECT t.account_id, t.month, t.kind, t.subscription_id, t.reason AS derived, coalesce(note.reason, '') AS said_reason,
               note.cs_owned AS said_owned, coalesce(note.note, '') AS said, note.noted_by_id, note.noted_at,
               coalesce(nullif(note.reason, ''), t.reason) AS reason,
               coalesce(note.cs_owned, t.kind NOT IN ('new', 'fx')) AS owned, sum(t.amount_minor) AS amount,
               (array_agg(t.id ORDER BY t.recorded_at DESC, t.id DESC) FILTER (WHERE t.reverses_id IS NULL))[1] AS id,
               (array_agg(t.change_id ORDER BY t.recorded_at DESC, t.id DESC) FILTER (WHERE t.reverses_id IS NULL))[1] AS change_id
          FROM metrics_mrrmovement t
          LEFT JOIN metrics_movementnote note
                 ON note.account_id = t.account_id AND note.month = t.month AND note.subscription_id = t.subscription_id
                AND t.kind <> 'fx'
         WHERE t.tenant_id = %(tenant_id)s AND t.month BETWEEN %(from_month)s AND %(to_month)s
         GROUP BY t.account_id, t.month, t.kind, t.subscription_id, t.reason, note.id, note.reason, note.cs_owned, note.note,
                  note.noted_by_id, note.noted_at
        HAVING sum(t.amount_minor) <> 0) l
  JOIN accounts_subscription s ON s.id = l.subscription_id
 GROUP BY l.account_id, l.month, l.kind, s.external_id, l.derived, l.said_reason, l.said_owned, l.said, l.reason, l.owned
HAVING sum(l.amount) <> 0
