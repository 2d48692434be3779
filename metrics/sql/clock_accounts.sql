-- The accounts of one clock that the reader may open, the furthest over its target first; `hidden` counts the others. A list
-- goes on after the account `after`.
WITH asked AS (
    SELECT r.*, a.name, a.external_id, a.owner_id, c.login_on, c.onboarding_on, c.value_on, c.planned, c.due_on, a.source,
           coalesce(m.name, '') AS owner, a.mrr_minor, v.id IS NOT NULL AS visible,
           coalesce(r.days - r.target, -100000) AS over
      FROM {running} r
      JOIN clocked c ON c.account_id = r.account_id
      JOIN accounts_account a ON a.id = r.account_id
      LEFT JOIN accounts_member m ON m.id = a.owner_id
      LEFT JOIN {visible} v ON v.id = r.account_id
     WHERE r.clock = %(clock)s
       AND CASE %(state)s WHEN 'reached' THEN r.reached WHEN 'left' THEN r.left_it WHEN 'open' THEN NOT r.reached AND NOT r.left_it
                          WHEN 'late' THEN NOT r.reached AND NOT r.left_it AND r.days > r.target ELSE true END
       AND CASE %(cut)s WHEN 'segment' THEN r.segment = %(value)s WHEN 'source' THEN a.source = %(value)s
                        WHEN 'owner' THEN coalesce(m.name, '') = %(value)s
                        WHEN 'quarter' THEN to_char(date_trunc('quarter', r.signed_on), 'YYYY-MM') = %(value)s ELSE true END
), counted AS (
    SELECT *, count(*) FILTER (WHERE NOT visible) OVER () AS hidden, count(*) OVER () AS accounts FROM asked
), place AS (
    SELECT over, account_id FROM asked WHERE account_id = %(after)s::uuid AND visible
)
SELECT c.account_id, c.name, c.external_id, c.owner, c.segment, c.source, c.mrr_minor, c.signed_on, c.days, c.target, c.over,
       c.reached, c.left_it, c.login_on, c.onboarding_on, c.value_on, c.planned, c.due_on, c.hidden, c.accounts, c.visible
  FROM counted c
 WHERE NOT EXISTS (SELECT FROM place) OR (c.over, c.account_id) < (SELECT over, account_id FROM place)
 ORDER BY c.visible DESC, c.over DESC, c.account_id DESC
 LIMIT %(limit)s;
