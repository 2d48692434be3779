-- Open tracks to close: of customers who left, with the day they paid until; and further core tracks of one customer, where
-- accounts were merged. Locked, in the order of their ids.
WITH part AS MATERIALIZED (
    SELECT s.id, s.into_id FROM {standing} s
), alive AS (
    SELECT t.id, t.kind, t.opened_on, t.account_id, coalesce(part.into_id, t.account_id) AS owner_id, part.id IS NOT NULL AS merged
      FROM journey_track t
      LEFT JOIN part ON part.id = t.account_id
     WHERE t.closed_on IS NULL
), ranked AS (
    SELECT l.*, row_number() OVER (PARTITION BY l.owner_id, l.kind ORDER BY l.merged, l.opened_on, l.id) AS place FROM alive l
), ending AS (
    SELECT r.id, CASE WHEN o.status = 'churned' THEN 'left' ELSE 'merged' END AS because,
           CASE WHEN o.status = 'churned'
                THEN (SELECT max(p.end_on) FROM accounts_subscription p
                       WHERE NOT p.voided AND p.mrr_minor > 0 AND p.end_on <= %(as_of)s
                         AND (p.account_id = r.owner_id OR p.account_id IN (SELECT id FROM part WHERE into_id = r.owner_id)))
                ELSE (SELECT timezone(%(zone)s, a.merged_at)::date FROM accounts_account a WHERE a.id = r.account_id) END AS day
      FROM ranked r
      JOIN accounts_account o ON o.id = r.owner_id
     WHERE o.status = 'churned' OR (r.kind = 'core' AND r.merged AND r.place > 1)
)
SELECT t.id, e.because,
       greatest(least(coalesce(e.day, %(as_of)s), %(as_of)s), t.opened_on,
                (SELECT max(greatest(p.entered_on, p.exited_on)) FROM journey_stageperiod p WHERE p.track_id = t.id)) AS day
  FROM ending e
  JOIN journey_track t ON t.id = e.id
 ORDER BY t.id
   FOR UPDATE OF t
