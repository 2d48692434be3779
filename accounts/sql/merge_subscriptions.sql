-- Paid periods of stage_subscription against those that stand. What differs is written, and appended as a version when
-- it concerns the terms (a card on file does not).
CREATE TEMPORARY TABLE IF NOT EXISTS merged_subscription
    (number int, id uuid, account_id uuid, outcome text, kind text, effective_on date) ON COMMIT DROP;
TRUNCATE merged_subscription;

-- Which stored period a row means: the same start, else the only one, when it overlaps and the file has one row for it.
INSERT INTO merged_subscription
SELECT s.number, coalesce(same.id, moved.id, uuidv7()), a.id,
       CASE WHEN coalesce(same.id, moved.id) IS NULL THEN 'created'
            WHEN coalesce(same.account_id, moved.account_id) = a.id THEN 'known'
            -- That of an account which became a part of this one is this one's.
            WHEN EXISTS (WITH RECURSIVE above AS (
                             SELECT x.merged_into_id AS id FROM accounts_account x
                              WHERE x.id = coalesce(same.account_id, moved.account_id) AND x.merged_into_id IS NOT NULL
                              UNION
                             SELECT x.merged_into_id FROM above JOIN accounts_account x ON x.id = above.id
                              WHERE x.merged_into_id IS NOT NULL)
                         SELECT FROM above WHERE above.id = a.id) THEN 'known'
            ELSE 'other_account' END, NULL, NULL
  FROM stage_subscription s
  JOIN accounts_account a ON a.external_id = s.account
  LEFT JOIN LATERAL ( -- at most one: with LIMIT each is looked up in the index, however large the table is
       SELECT p.id, p.account_id FROM accounts_subscription p
        WHERE p.external_id = s.subscription_id AND p.start_on = s.start_on
        LIMIT 1) same ON true
  LEFT JOIN LATERAL (
       SELECT (array_agg(p.id))[1] AS id, (array_agg(p.account_id))[1] AS account_id
         FROM accounts_subscription p
        WHERE same.id IS NULL AND s.alone AND p.external_id = s.subscription_id AND NOT p.voided
       HAVING count(*) = 1
          AND bool_and((p.start_on < coalesce(s.end_on, 'infinity') OR 'end_date' <> ALL (s.given)) AND s.start_on < coalesce(p.end_on, 'infinity'))) moved ON true;

ANALYZE merged_subscription;

INSERT INTO accounts_subscription (id, tenant_id, account_id, external_id, start_on, end_on, interval_months, amount_minor,
       discount_minor, charge, past_due_on, end_reason, currency, mrr_minor, seats, product_id, plan_id, voided, auto_renew,
       card_on_file, prepaid, notice_days, version)
SELECT m.id, %(tenant_id)s, m.account_id, s.subscription_id, s.start_on, s.end_on, s.interval_months, s.amount_minor,
       s.discount_minor, s.charge, s.past_due_on, s.end_reason, s.currency, s.mrr_minor, s.seats, s.product_id, s.plan_id, false, s.auto_renew, s.card_on_file, s.prepaid, s.notice_days, 1
  FROM stage_subscription s JOIN merged_subscription m USING (number)
 WHERE m.outcome = 'created';

UPDATE merged_subscription m SET kind = 'created', effective_on = s.start_on
  FROM stage_subscription s WHERE s.number = m.number AND m.outcome = 'created';

-- MRR for a period that stands as a trial, say, contradicts it.
UPDATE merged_subscription m SET outcome = 'not_recurring'
  FROM stage_subscription s, accounts_subscription p
 WHERE s.number = m.number AND p.id = m.id AND m.outcome = 'known' AND 'mrr_minor' = ANY (s.given) AND s.mrr_minor > 0
   AND CASE WHEN 'charge' = ANY (s.given) THEN s.charge ELSE p.charge END <> 'recurring';

-- Columns that a row does not have stay as they are; a new end does not keep the reason of the old one.
WITH wish AS (
    SELECT p.id, m.number, s.start_on, f.*, s.interval_months, s.amount_minor, s.currency,
           -- formulas.monthly_minor
           CASE WHEN f.charge <> 'recurring' THEN 0 WHEN 'mrr_minor' = ANY (s.given) THEN s.mrr_minor
                ELSE round(greatest(s.amount_minor - f.discount_minor, 0)::numeric / s.interval_months)::bigint END AS mrr_minor,
           CASE WHEN 'end_reason' = ANY (s.given) THEN s.end_reason WHEN f.end_on IS DISTINCT FROM p.end_on THEN ''
                ELSE p.end_reason END AS end_reason,
           CASE WHEN 'seats' = ANY (s.given) THEN s.seats ELSE p.seats END AS seats,
           CASE WHEN 'product_id' = ANY (s.given) THEN s.product_id ELSE p.product_id END AS product_id,
           CASE WHEN 'plan_id' = ANY (s.given) THEN s.plan_id ELSE p.plan_id END AS plan_id,
           CASE WHEN 'auto_renew' = ANY (s.given) THEN s.auto_renew ELSE p.auto_renew END AS auto_renew,
           CASE WHEN 'card_on_file' = ANY (s.given) THEN s.card_on_file ELSE p.card_on_file END AS card_on_file,
           CASE WHEN 'prepaid' = ANY (s.given) THEN s.prepaid ELSE p.prepaid END AS prepaid,
           CASE WHEN 'notice_days' = ANY (s.given) THEN s.notice_days ELSE p.notice_days END AS notice_days,
           p.start_on AS old_start, p.end_on AS old_end, p.voided AS was_voided,
           p.past_due_on AS old_past_due, p.end_reason AS old_reason,
           (p.interval_months, p.amount_minor, p.currency, p.discount_minor, p.charge)
               IS DISTINCT FROM (s.interval_months, s.amount_minor, s.currency, f.discount_minor, f.charge) AS terms_differ,
           p.mrr_minor AS old_mrr, p.seats AS old_seats, p.product_id AS old_product, p.plan_id AS old_plan
      FROM merged_subscription m
      JOIN stage_subscription s USING (number)
      JOIN accounts_subscription p ON p.id = m.id
     CROSS JOIN LATERAL (
           SELECT CASE WHEN 'end_date' = ANY (s.given) THEN s.end_on ELSE p.end_on END AS end_on,
                  CASE WHEN 'discount' = ANY (s.given) THEN s.discount_minor ELSE p.discount_minor END AS discount_minor,
                  CASE WHEN 'charge' = ANY (s.given) THEN s.charge ELSE p.charge END AS charge,
                  CASE WHEN 'past_due_on' = ANY (s.given) THEN s.past_due_on ELSE p.past_due_on END AS past_due_on) f
     WHERE m.outcome = 'known'
), changed AS (
    UPDATE accounts_subscription p
       SET start_on = w.start_on, end_on = w.end_on, interval_months = w.interval_months,
           amount_minor = w.amount_minor, discount_minor = w.discount_minor, charge = w.charge, past_due_on = w.past_due_on,
           end_reason = w.end_reason, currency = w.currency, mrr_minor = w.mrr_minor, seats = w.seats,
           product_id = w.product_id, plan_id = w.plan_id, auto_renew = w.auto_renew, card_on_file = w.card_on_file,
           prepaid = w.prepaid, notice_days = w.notice_days, voided = false, version = p.version + 1,
           updated_at = clock_timestamp()
      FROM wish w
     WHERE w.id = p.id
       AND (p.start_on, p.end_on, p.interval_months, p.amount_minor, p.discount_minor, p.charge, p.past_due_on, p.end_reason,
            p.currency, p.mrr_minor, p.seats, p.product_id, p.plan_id, p.auto_renew, p.card_on_file, p.prepaid, p.notice_days, p.voided)
           IS DISTINCT FROM
           (w.start_on, w.end_on, w.interval_months, w.amount_minor, w.discount_minor, w.charge, w.past_due_on, w.end_reason,
            w.currency, w.mrr_minor, w.seats, w.product_id, w.plan_id, w.auto_renew, w.card_on_file, w.prepaid, w.notice_days, false)
    RETURNING w.number,
              CASE WHEN w.was_voided THEN 'restored'
                   WHEN w.terms_differ OR (w.old_mrr, w.old_seats, w.old_product, w.old_plan) IS DISTINCT FROM
                        (w.mrr_minor, w.seats, w.product_id, w.plan_id) THEN 'terms'
                   WHEN (w.old_start, w.old_end, w.old_past_due, w.old_reason) IS DISTINCT FROM
                        (w.start_on, w.end_on, w.past_due_on, w.end_reason) THEN 'period' END AS kind,
              CASE WHEN w.old_start <> w.start_on THEN least(w.old_start, w.start_on)
                   WHEN w.terms_differ OR w.old_mrr <> w.mrr_minor OR w.was_voided THEN w.start_on
                   WHEN w.old_end IS DISTINCT FROM w.end_on THEN least(w.old_end, w.end_on)
                   WHEN w.old_past_due IS DISTINCT FROM w.past_due_on THEN least(w.old_past_due, w.past_due_on)
                   WHEN w.old_reason <> w.end_reason THEN coalesce(w.end_on, w.start_on)
                   ELSE w.start_on END AS effective_on
)
UPDATE merged_subscription m SET outcome = 'updated', kind = c.kind, effective_on = c.effective_on
  FROM changed c WHERE c.number = m.number;

INSERT INTO accounts_subscriptionchange (id, tenant_id, subscription_id, account_id, kind, effective_on, recorded_at, source,
       source_ref, source_row, actor, reason, start_on, end_on, interval_months, amount_minor, discount_minor, charge, past_due_on,
       end_reason, currency, mrr_minor, seats, product_id, plan_id, voided)
SELECT uuidv7(), %(tenant_id)s, p.id, p.account_id, m.kind, m.effective_on, clock_timestamp(), %(source)s,
       %(source_ref)s::uuid, CASE WHEN %(source)s = 'import' THEN m.number END, %(actor)s, s.reason, p.start_on, p.end_on,
       p.interval_months, p.amount_minor, p.discount_minor, p.charge, p.past_due_on, p.end_reason, p.currency, p.mrr_minor,
       p.seats, p.product_id, p.plan_id, false
  FROM merged_subscription m
  JOIN stage_subscription s USING (number)
  JOIN accounts_subscription p ON p.id = m.id
 WHERE m.kind IS NOT NULL;

SELECT number, id, account_id, kind, CASE WHEN outcome = 'known' THEN 'unchanged' ELSE outcome END AS outcome FROM merged_subscription;
