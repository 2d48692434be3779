-- The stalled stages that have been without progress for longest, one of each account.
SELECT o.*, a.name AS account
  FROM (SELECT DISTINCT ON (w.account_id) w.account_id, w.track_id, w.kind, w.name, w.stage, w.blocker, w.idle AS days
          FROM walked w
         WHERE w.stalled
         ORDER BY w.account_id, 7 DESC, w.period_id) o
  JOIN accounts_account a ON a.id = o.account_id
 ORDER BY o.days DESC, o.track_id
 LIMIT %(many)s
