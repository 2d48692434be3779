-- Temporary table `lost`: the customers that left in the months asked and have not come back by their end, with what they
-- paid before, where they belonged then (the base day is that before the month), and why they left: the answer about an
-- end in that month, else the one about no certain end. An answer given later than the moment of knowledge is not known,
-- and one that was changed since is told as it stood, from the audit trail. `logo` and `history` stand already.
DROP TABLE IF EXISTS pg_temp.lost;
CREATE TEMPORARY TABLE lost ON COMMIT DROP AS
WITH gone AS MATERIALIZED (
    SELECT DISTINCT ON (a.account_id) a.account_id, a.month, a.mrr_1_now AS mrr, a.first_month
      FROM {account_month} a
     WHERE a.month BETWEEN %(from_month)s AND %(to_month)s AND a.mrr = 0 AND a.mrr_1_now > 0
       AND NOT EXISTS (SELECT FROM {account_month} n
                        WHERE n.account_id = a.account_id AND n.month = %(to_month)s AND n.mrr > 0)
     ORDER BY a.account_id, a.month DESC
), answer AS MATERIALIZED (
    SELECT coalesce(l.root_id, c.account_id) AS account_id, c.ended_on, c.recorded_at, c.id, stood.*
      FROM accounts_churnanswer c
      LEFT JOIN logo l ON l.account_id = c.account_id
     CROSS JOIN LATERAL (
           SELECT coalesce(max(e.was) FILTER (WHERE e.name = 'category'), c.category) AS category,
                  coalesce(max(e.was) FILTER (WHERE e.name = 'reason'), c.reason) AS reason,
                  coalesce(max(e.was) FILTER (WHERE e.name = 'note'), c.note) AS note,
                  coalesce(max(e.was) FILTER (WHERE e.name = 'competitor'), c.competitor) AS competitor,
                  coalesce(max(e.was) FILTER (WHERE e.name = 'said_by'), c.said_by) AS said_by
             FROM (SELECT DISTINCT ON (x.key) x.key AS name, x.value ->> 0 AS was
                     FROM kernel_auditentry u
                    CROSS JOIN LATERAL jsonb_each(u.changes) x
                    WHERE c.updated_at > %(known_at)s AND u.row_id = c.id AND u.action = 'update' AND u.at > %(known_at)s
                    ORDER BY x.key, u.at, u.id) e
           ) stood
     WHERE c.recorded_at <= %(known_at)s
), chosen AS (
    SELECT DISTINCT ON (g.account_id) g.account_id, a.id, a.category, a.reason, a.note, a.competitor, a.said_by
      FROM gone g
      JOIN answer a ON a.account_id = g.account_id
     WHERE a.ended_on IS NULL OR (a.ended_on >= g.month AND a.ended_on < g.month + interval '1 month')
     ORDER BY g.account_id, a.ended_on IS NULL, a.ended_on DESC, a.recorded_at DESC, a.id DESC
)
SELECT g.account_id, g.month, g.mrr, g.first_month, s.value AS segment, o.value AS owner, w.id AS answer_id,
       w.category, w.reason, w.note, w.competitor, w.said_by
  FROM gone g
  LEFT JOIN history s ON s.account_id = g.account_id AND s.attribute = 'segment' AND g.month - 1 >= s.since
                     AND g.month - 1 < s.until
  LEFT JOIN history o ON o.account_id = g.account_id AND o.attribute = 'owner' AND g.month - 1 >= o.since
                     AND g.month - 1 < o.until
  LEFT JOIN chosen w ON w.account_id = g.account_id
 WHERE %(segment)s = '' OR s.value = %(segment)s
    OR s.value IN (SELECT id::text FROM accounts_segment WHERE name = %(segment)s);

ANALYZE lost;
