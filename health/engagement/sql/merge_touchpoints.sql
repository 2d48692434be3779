-- Touchpoints of the temporary table stage_touchpoint: new ones are made, known ones changed where a given field differs.
-- Two steps, so that one that another transaction made meanwhile is changed like a known one.
CREATE TEMPORARY TABLE IF NOT EXISTS made_touchpoint (number int, id uuid) ON COMMIT DROP;
TRUNCATE made_touchpoint;

WITH made AS (
    INSERT INTO health_touchpoint (id, tenant_id, external_id, account_id, contact_id, member_id, kind, status, happened_at,
           inbound, minutes, opened_at, clicked_at, replied_at, sentiment, subject, note, attendees, colleagues,
           known_on, source, source_ref, version)
    SELECT uuidv7(), %(tenant_id)s, s.touchpoint, s.account_id, s.contact_id, s.member_id, s.kind, s.status, s.happened_at,
           s.inbound, s.minutes, s.opened_at, s.clicked_at, s.replied_at, s.sentiment, s.subject, s.note, s.attendees,
           s.colleagues, s.known_on, %(source)s, %(source_ref)s::uuid, 1
      FROM stage_touchpoint s
     WHERE NOT EXISTS (SELECT 1 FROM health_touchpoint k WHERE k.external_id = s.touchpoint)
     ORDER BY s.touchpoint
    ON CONFLICT (tenant_id, external_id) DO NOTHING
    RETURNING id, external_id
)
INSERT INTO made_touchpoint SELECT s.number, m.id FROM made m JOIN stage_touchpoint s ON s.touchpoint = m.external_id;

WITH wish AS (
    SELECT t.id, s.number, s.account_id, t.account_id AS before_id,
           CASE WHEN 'contact' = ANY (s.given) THEN s.contact_id
                WHEN t.account_id = s.account_id THEN t.contact_id END AS contact_id,
           CASE WHEN 'member_email' = ANY (s.given) THEN s.member_id ELSE t.member_id END AS member_id,
           CASE WHEN 'attendees' = ANY (s.given) THEN s.attendees
                WHEN t.account_id = s.account_id THEN t.attendees ELSE '{}' END AS attendees,
           CASE WHEN 'colleagues' = ANY (s.given) THEN s.colleagues ELSE t.colleagues END AS colleagues,
           s.kind, s.happened_at,
           -- An e-mail only moves on, unless its status is said; what lies ahead was not held, whatever was said before.
           CASE WHEN 'status' = ANY (s.given) OR s.kind <> t.kind OR s.status = 'planned' AND t.status <> 'cancelled' THEN s.status
                WHEN s.kind <> 'email' THEN t.status
                WHEN 'replied' IN (s.status, t.status) THEN 'replied'
                WHEN 'clicked' IN (s.status, t.status) THEN 'clicked'
                WHEN 'opened' IN (s.status, t.status) THEN 'opened'
                ELSE t.status END AS status,
           CASE WHEN 'inbound' = ANY (s.given) THEN s.inbound ELSE t.inbound END AS inbound,
           CASE WHEN 'minutes' = ANY (s.given) THEN s.minutes ELSE t.minutes END AS minutes,
           CASE WHEN 'opened_at' = ANY (s.given) THEN s.opened_at ELSE t.opened_at END AS opened_at,
           CASE WHEN 'clicked_at' = ANY (s.given) THEN s.clicked_at ELSE t.clicked_at END AS clicked_at,
           CASE WHEN 'replied_at' = ANY (s.given) THEN s.replied_at ELSE t.replied_at END AS replied_at,
           CASE WHEN 'sentiment' = ANY (s.given) THEN s.sentiment ELSE t.sentiment END AS sentiment,
           CASE WHEN 'subject' = ANY (s.given) THEN s.subject ELSE t.subject END AS subject,
           CASE WHEN 'note' = ANY (s.given) THEN s.note ELSE t.note END AS note
      FROM stage_touchpoint s
      JOIN health_touchpoint t ON t.external_id = s.touchpoint
     WHERE s.number NOT IN (SELECT number FROM made_touchpoint)
), changed AS (
    UPDATE health_touchpoint t
       SET account_id = w.account_id, contact_id = w.contact_id, member_id = w.member_id, kind = w.kind, status = w.status,
           happened_at = w.happened_at, inbound = w.inbound, minutes = w.minutes, opened_at = w.opened_at,
           clicked_at = w.clicked_at, replied_at = w.replied_at, sentiment = w.sentiment, subject = w.subject, note = w.note,
           attendees = w.attendees, colleagues = w.colleagues,
           version = t.version + 1, updated_at = clock_timestamp()
      FROM wish w
     WHERE w.id = t.id
       AND (t.account_id, t.contact_id, t.member_id, t.kind, t.status, t.happened_at, t.inbound, t.minutes, t.opened_at,
            t.clicked_at, t.replied_at, t.sentiment, t.subject, t.note, t.attendees, t.colleagues)
           IS DISTINCT FROM
           (w.account_id, w.contact_id, w.member_id, w.kind, w.status, w.happened_at, w.inbound, w.minutes, w.opened_at,
            w.clicked_at, w.replied_at, w.sentiment, w.subject, w.note, w.attendees, w.colleagues)
    RETURNING t.id
)
SELECT s.number, coalesce(m.id, w.id) AS id, s.account_id, w.before_id,
       CASE WHEN m.id IS NOT NULL THEN 'created' WHEN c.id IS NOT NULL THEN 'updated' ELSE 'unchanged' END AS outcome
  FROM stage_touchpoint s
  LEFT JOIN made_touchpoint m USING (number)
  LEFT JOIN wish w USING (number)
  LEFT JOIN changed c ON c.id = w.id;
