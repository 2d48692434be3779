-- The contracts that renewals are about, of the accounts in `scope` (id) and of all that count for the same customer: those
-- that end in the span, and those that renewals hold, as they stand now, each with the period that carries it on.
-- A period carries another one on that begins on the day it ends, or within `grace` days, under the same id, or of the same
-- product: billing systems do either. Tables in between, so that the planner knows how many there are.
DROP TABLE IF EXISTS pg_temp.due_member, pg_temp.due_held, pg_temp.due_contract;

CREATE TEMPORARY TABLE due_member ON COMMIT DROP AS
WITH standing AS MATERIALIZED {standing}
, customer AS MATERIALIZED (
    SELECT DISTINCT coalesce(t.into_id, s.id) AS id FROM {scope} s LEFT JOIN standing t ON t.id = s.id
)
SELECT id, id AS root_id FROM customer
UNION
SELECT t.id, t.into_id FROM standing t JOIN customer c ON c.id = t.into_id;
CREATE INDEX ON due_member (root_id);
ANALYZE due_member;

-- What a person, a program or a file decided is followed no more; what closed by itself is, for a while.
CREATE TEMPORARY TABLE due_held ON COMMIT DROP AS
SELECT l.subscription_id, r.id AS renewal_id, r.due_on
  FROM due_member m
  JOIN renewals_renewal r ON r.tenant_id = %(tenant_id)s AND r.account_id = m.id
  JOIN renewals_renewalline l ON l.tenant_id = r.tenant_id AND l.renewal_id = r.id
 WHERE r.state = 'open'
    OR (r.state <> 'withdrawn' AND r.source = 'rule' AND r.closed_by_id IS NULL AND r.due_on > %(followed)s);
ANALYZE due_held;

CREATE TEMPORARY TABLE due_contract ON COMMIT DROP AS
SELECT s.id, m.root_id, s.external_id, s.product_id, s.start_on, s.end_on, s.currency, s.mrr_minor,
       NOT s.voided AND s.mrr_minor > 0 AND s.end_reason <> 'paused' AS alive,
       s.end_reason IN ('cancelled', 'unpaid') AS ended,
       coalesce(s.auto_renew, false) AND s.end_on - s.start_on <= 31 AS rolling, h.renewal_id, h.due_on
  FROM accounts_subscription s
  JOIN due_member m ON m.id = s.account_id
  LEFT JOIN due_held h ON h.subscription_id = s.id
 WHERE s.tenant_id = %(tenant_id)s
   AND (h.subscription_id IS NOT NULL
        OR (NOT s.voided AND s.mrr_minor > 0 AND s.end_on > %(first)s AND s.end_on <= %(last)s));
ANALYZE due_contract;

WITH following AS MATERIALIZED (
    SELECT DISTINCT ON (c.id) c.id, o.id AS next_id, o.mrr_minor, o.currency
      FROM due_contract c
      JOIN due_member om ON om.root_id = c.root_id
      JOIN accounts_subscription o
        ON o.tenant_id = %(tenant_id)s AND o.account_id = om.id
       AND o.start_on >= c.end_on AND o.start_on <= c.end_on + %(grace)s::int
     WHERE o.id <> c.id AND NOT o.voided AND o.mrr_minor > 0
       AND (o.external_id = c.external_id
            -- A subscription of its own goes on with itself, and not with another one's end.
            OR (o.product_id IS NOT DISTINCT FROM c.product_id AND NOT EXISTS (
                    SELECT FROM accounts_subscription p
                     WHERE p.tenant_id = %(tenant_id)s AND p.external_id = o.external_id AND p.start_on < o.start_on AND NOT p.voided)))
     ORDER BY c.id, o.external_id <> c.external_id, o.start_on, o.id
), before AS MATERIALIZED (
    -- What it was worth while it ended on the renewal's day, where it has been prolonged since.
    SELECT DISTINCT ON (c.id) c.id, v.mrr_minor, v.currency
      FROM due_contract c
      JOIN accounts_subscriptionchange v ON v.tenant_id = %(tenant_id)s AND v.subscription_id = c.id
     WHERE c.end_on > c.due_on AND v.end_on = c.due_on AND NOT v.voided
     ORDER BY c.id, v.recorded_at DESC, v.id DESC
), settled AS MATERIALIZED (
    SELECT DISTINCT c.id
      FROM due_contract c
      JOIN renewals_renewalline l ON l.tenant_id = %(tenant_id)s AND l.subscription_id = c.id
      JOIN renewals_renewal r ON r.tenant_id = l.tenant_id AND r.id = l.renewal_id
     WHERE r.due_on >= c.end_on AND r.state NOT IN ('open', 'withdrawn')
)
SELECT c.id, c.root_id AS account_id, a.segment_id, g.profile, c.start_on, c.end_on, c.currency, c.mrr_minor, c.alive, c.ended, c.rolling,
       c.renewal_id, n.next_id, n.mrr_minor AS next_mrr, n.currency AS next_currency,
       w.mrr_minor AS was_mrr, w.currency AS was_currency, t.id IS NOT NULL AS settled
  FROM due_contract c
  JOIN accounts_account a ON a.tenant_id = %(tenant_id)s AND a.id = c.root_id
  LEFT JOIN accounts_segment g ON g.id = a.segment_id
  LEFT JOIN following n ON n.id = c.id
  LEFT JOIN before w ON w.id = c.id
  LEFT JOIN settled t ON t.id = c.id
