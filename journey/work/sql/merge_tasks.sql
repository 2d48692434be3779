-- Tasks of the temporary table stage_task: new ones are made, known ones changed where a given field differs. Two steps,
-- so that one that another transaction made meanwhile is changed like a known one.
CREATE TEMPORARY TABLE IF NOT EXISTS made_task (number int, id uuid) ON COMMIT DROP;
TRUNCATE made_task;

WITH made AS (
    INSERT INTO journey_task (id, tenant_id, external_id, account_id, title, note, work, owner_id, due_on, due_at, urgency,
           state, snoozed_until, snoozed_time, wakes, snoozed_band, rhythm, checklist, why, step, done_at, result, source,
           source_ref, version)
    SELECT uuidv7(), %(tenant_id)s, s.task, s.account_id, s.title, s.note, coalesce(nullif(s.work, ''), 'coordination'),
           -- Without a word about the owner it is that of the account's.
           CASE WHEN 'owner_email' = ANY (s.given) THEN s.owner_id ELSE m.id END,
           s.due_on, s.due_at, coalesce(nullif(s.urgency, ''), 'normal'), coalesce(nullif(s.state, ''), 'open'),
           p.until, CASE WHEN p.until IS NOT NULL THEN s.snoozed_time END, p.wakes,
           CASE WHEN p.wakes THEN a.health_band ELSE '' END, s.rhythm, '[]', 'program', '',
           CASE WHEN s.state = 'done' THEN coalesce(s.done_at, clock_timestamp()) END, s.result,
           %(source)s, %(source_ref)s::uuid, 1
      FROM stage_task s
      LEFT JOIN accounts_account a ON a.id = s.account_id
      LEFT JOIN accounts_member m ON m.id = a.owner_id AND m.is_active
     CROSS JOIN LATERAL (
           -- What is over is not put off, and only what is put off and about an account waits for its health.
           SELECT q.until, coalesce(s.wakes AND q.until IS NOT NULL AND a.id IS NOT NULL, false) AS wakes
             FROM (SELECT CASE WHEN coalesce(nullif(s.state, ''), 'open') = 'open' THEN s.snoozed_until END AS until) q) p
     WHERE NOT EXISTS (SELECT 1 FROM journey_task k WHERE k.external_id = s.task)
     ORDER BY s.task
    ON CONFLICT (tenant_id, external_id) DO NOTHING
    RETURNING id, external_id
)
INSERT INTO made_task SELECT s.number, m.id FROM made m JOIN stage_task s ON s.task = m.external_id;

WITH wish AS (
    SELECT t.id, s.number, s.title, s.due_on, t.state AS before,
           CASE WHEN 'account' = ANY (s.given) THEN s.account_id ELSE t.account_id END AS account_id,
           CASE WHEN 'due_at' = ANY (s.given) THEN s.due_at ELSE t.due_at END AS due_at,
           CASE WHEN 'owner_email' = ANY (s.given) THEN s.owner_id ELSE t.owner_id END AS owner_id,
           CASE WHEN 'work' = ANY (s.given) AND s.work <> '' THEN s.work ELSE t.work END AS work,
           CASE WHEN 'urgency' = ANY (s.given) AND s.urgency <> '' THEN s.urgency ELSE t.urgency END AS urgency,
           CASE WHEN 'note' = ANY (s.given) THEN s.note ELSE t.note END AS note,
           CASE WHEN 'rhythm' = ANY (s.given) THEN s.rhythm ELSE t.rhythm END AS rhythm,
           CASE WHEN 'result' = ANY (s.given) THEN s.result ELSE t.result END AS result,
           CASE WHEN 'state' = ANY (s.given) AND s.state <> '' THEN s.state ELSE t.state END AS state,
           CASE WHEN 'snoozed_until' = ANY (s.given) THEN s.snoozed_until ELSE t.snoozed_until END AS snoozed_until,
           CASE WHEN 'snoozed_time' = ANY (s.given) THEN s.snoozed_time ELSE t.snoozed_time END AS snoozed_time,
           CASE WHEN 'wakes' = ANY (s.given) THEN s.wakes ELSE t.wakes END AS wakes,
           -- The band of then stays while the snooze does.
           CASE WHEN t.snoozed_band <> '' AND ('snoozed_until' <> ALL (s.given) OR s.snoozed_until IS NOT DISTINCT FROM t.snoozed_until)
                THEN t.snoozed_band END AS then_band,
           CASE WHEN 'done_at' = ANY (s.given) AND s.done_at IS NOT NULL THEN s.done_at ELSE t.done_at END AS done_at
      FROM stage_task s
      JOIN journey_task t ON t.external_id = s.task
     WHERE s.number NOT IN (SELECT number FROM made_task)
), settled AS (
    -- What is over is not put off, and only what is done was done at a moment.
    SELECT w.id, w.number, w.title, w.due_on, w.before, w.account_id, w.due_at, w.owner_id, w.work, w.urgency, w.note,
           w.rhythm, w.result, w.state,
           p.until AS snoozed_until, CASE WHEN p.until IS NOT NULL THEN w.snoozed_time END AS snoozed_time, p.wakes,
           CASE WHEN p.wakes THEN coalesce(w.then_band, a.health_band)
                WHEN p.until IS NOT NULL THEN coalesce(w.then_band, '') ELSE '' END AS snoozed_band,
           CASE WHEN w.state = 'done' THEN coalesce(w.done_at, clock_timestamp()) END AS done_at
      FROM wish w
      LEFT JOIN accounts_account a ON a.id = w.account_id
     CROSS JOIN LATERAL (
           SELECT q.until, w.wakes AND q.until IS NOT NULL AND a.id IS NOT NULL AS wakes
             FROM (SELECT CASE WHEN w.state = 'open' THEN w.snoozed_until END AS until) q) p
), changed AS (
    UPDATE journey_task t
       SET title = w.title, due_on = w.due_on, account_id = w.account_id, due_at = w.due_at, owner_id = w.owner_id,
           taken_until = CASE WHEN w.owner_id IS DISTINCT FROM t.owner_id THEN NULL ELSE t.taken_until END,
           work = w.work, urgency = w.urgency, note = w.note, rhythm = w.rhythm, result = w.result, state = w.state,
           snoozed_until = w.snoozed_until, snoozed_time = w.snoozed_time, wakes = w.wakes, snoozed_band = w.snoozed_band,
           done_at = w.done_at,
           done_by_id = CASE WHEN w.state = 'done' THEN t.done_by_id END,
           version = t.version + 1, updated_at = clock_timestamp()
      FROM settled w
     WHERE w.id = t.id
       AND (t.title, t.due_on, t.account_id, t.due_at, t.owner_id, t.work, t.urgency, t.note, t.rhythm, t.result, t.state,
            t.snoozed_until, t.snoozed_time, t.wakes, t.snoozed_band, t.done_at)
           IS DISTINCT FROM
           (w.title, w.due_on, w.account_id, w.due_at, w.owner_id, w.work, w.urgency, w.note, w.rhythm, w.result, w.state,
            w.snoozed_until, w.snoozed_time, w.wakes, w.snoozed_band, w.done_at)
    RETURNING t.id
)
SELECT s.number, coalesce(m.id, w.id) AS id, coalesce(w.before, 'open') AS before,
       CASE WHEN m.id IS NOT NULL THEN 'created' WHEN c.id IS NOT NULL THEN 'updated' ELSE 'unchanged' END AS outcome
  FROM stage_task s
  LEFT JOIN made_task m USING (number)
  LEFT JOIN settled w USING (number)
  LEFT JOIN changed c ON c.id = w.id;
