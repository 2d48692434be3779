-- The contracts that renewals are about, of the accounts in `scope` (id) and of all that count for the same customer: those
-- that end in the span, and those that renewals hold, as they stand now, each with the period that carries it on.
-- A period carries another one on that begins on the day it ends, or within `grace` days, under the same id, or of the same
-- product: billing systems do either.
WITH standing AS MATERIALIZED {standing}
, customer AS MATERIALIZED (
    SELECT DISTINCT coalesce(t.into_id, s.id) AS id FROM {scope} s LEFT JOIN standing t ON t.id = s.id
), member AS MATERIALIZED (
    SELECT id, id AS root_id FROM customer
    UNION
    SELECT t.id, t.into_id FROM standing t JOIN customer c ON c.id = t.into_id
), held AS MATERIALIZED (
    -- What a person, a program or a file decided is followed no more; what closed by itself is, for a while.
    SELECT l.subscription_id, r.id AS renewal_id, r.due_on
      FROM renewals_renewal r
      JOIN member m ON m.id = r.account_id
      JOIN renewals_renewalline l ON l.renewal_id = r.id
     WHERE r.state = 'open'
        OR (r.state <> 'withdrawn' AND r.source = 'rule' AND r.closed_by_id IS NULL AND r.due_on > %(followed)s)
), wanted AS MATERIALIZED (
    SELECT s.id FROM accounts_subscription s JOIN member m ON m.id = s.account_id
     WHERE s.tenant_id = %(tenant_id)s AND NOT s.voided AND s.mrr_minor > 0 AND s.end_on > %(first)s AND s.end_on <= %(last)s
    UNION
    SELECT subscription_id FROM held
)
SELECT s.id, m.root_id AS account_id, a.segment_id, g.profile, s.start_on, s.end_on, s.currency, s.mrr_minor,
       NOT s.voided AND s.mrr_minor > 0 AND s.end_reason <> 'paused' AS alive,
       s.end_reason IN ('cancelled', 'unpaid') AS ended,
       coalesce(s.auto_renew, false) AND s.end_on - s.start_on <= 31 AS rolling,
       h.renewal_id, n.id AS next_id, n.mrr_minor AS next_mrr, n.currency AS next_currency,
       w.mrr_minor AS was_mrr, w.currency AS was_currency,
       EXISTS (SELECT FROM renewals_renewalline l JOIN renewals_renewal r ON r.id = l.renewal_id
                WHERE l.subscription_id = s.id AND r.due_on >= s.end_on AND r.state NOT IN ('open', 'withdrawn')) AS settled
  FROM wanted
  JOIN accounts_subscription s ON s.id = wanted.id
  JOIN member m ON m.id = s.account_id
  JOIN accounts_account a ON a.id = m.root_id
  LEFT JOIN accounts_segment g ON g.id = a.segment_id
  LEFT JOIN held h ON h.subscription_id = s.id
  LEFT JOIN LATERAL (
      SELECT o.id, o.mrr_minor, o.currency
        FROM accounts_subscription o
        JOIN member om ON om.id = o.account_id AND om.root_id = m.root_id
       WHERE o.tenant_id = %(tenant_id)s AND o.id <> s.id AND NOT o.voided AND o.mrr_minor > 0
         AND o.start_on >= s.end_on AND o.start_on <= s.end_on + %(grace)s::int
         AND (o.external_id = s.external_id OR o.product_id IS NOT DISTINCT FROM s.product_id)
         -- A subscription of its own goes on with itself, and not with another one's end.
         AND (o.external_id = s.external_id OR NOT EXISTS (
                 SELECT FROM accounts_subscription p
                  WHERE p.tenant_id = %(tenant_id)s AND p.external_id = o.external_id AND p.start_on < o.start_on AND NOT p.voided))
       ORDER BY o.external_id <> s.external_id, o.start_on, o.id LIMIT 1) n ON true
  LEFT JOIN LATERAL (
      -- What it was worth while it ended on the renewal's day: only asked where it has been prolonged.
      SELECT c.mrr_minor, c.currency FROM accounts_subscriptionchange c
       WHERE h.renewal_id IS NOT NULL AND s.end_on > h.due_on AND c.tenant_id = %(tenant_id)s AND c.subscription_id = s.id
         AND c.end_on = h.due_on AND NOT c.voided
       ORDER BY c.recorded_at DESC, c.id DESC LIMIT 1) w ON true
