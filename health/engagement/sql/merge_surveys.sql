-- Answers of the temporary table stage_survey: new ones are made, known ones changed where a given field differs.
-- Two steps, so that one that another transaction made meanwhile is changed like a known one.
CREATE TEMPORARY TABLE IF NOT EXISTS made_survey (number int, id uuid) ON COMMIT DROP;
TRUNCATE made_survey;

WITH made AS (
    INSERT INTO health_survey (id, tenant_id, external_id, account_id, contact_id, kind, context, score, scale, answered_at,
           comment, known_on, source, source_ref, version)
    SELECT uuidv7(), %(tenant_id)s, s.survey, s.account_id, s.contact_id, s.kind, s.context, s.score, s.scale, s.answered_at,
           s.comment, s.known_on, %(source)s, %(source_ref)s::uuid, 1
      FROM stage_survey s
     WHERE NOT EXISTS (SELECT 1 FROM health_survey k WHERE k.external_id = s.survey)
     ORDER BY s.survey
    ON CONFLICT (tenant_id, external_id) DO NOTHING
    RETURNING id, external_id
)
INSERT INTO made_survey SELECT s.number, m.id FROM made m JOIN stage_survey s ON s.survey = m.external_id;

WITH wish AS (
    SELECT t.id, s.number, s.account_id, t.account_id AS before_id, s.kind, s.score, s.scale, s.answered_at,
           CASE WHEN 'contact' = ANY (s.given) THEN s.contact_id
                WHEN t.account_id = s.account_id THEN t.contact_id END AS contact_id,
           CASE WHEN 'context' = ANY (s.given) THEN s.context ELSE t.context END AS context,
           CASE WHEN 'comment' = ANY (s.given) THEN s.comment ELSE t.comment END AS comment
      FROM stage_survey s
      JOIN health_survey t ON t.external_id = s.survey
     WHERE s.number NOT IN (SELECT number FROM made_survey)
), changed AS (
    UPDATE health_survey t
       SET account_id = w.account_id, contact_id = w.contact_id, kind = w.kind, context = w.context, score = w.score,
           scale = w.scale, answered_at = w.answered_at, comment = w.comment, version = t.version + 1,
           updated_at = clock_timestamp()
      FROM wish w
     WHERE w.id = t.id
       AND (t.account_id, t.contact_id, t.kind, t.context, t.score, t.scale, t.answered_at, t.comment)
           IS DISTINCT FROM
           (w.account_id, w.contact_id, w.kind, w.context, w.score, w.scale, w.answered_at, w.comment)
    RETURNING t.id
)
SELECT s.number, coalesce(m.id, w.id) AS id, s.account_id, w.before_id,
       CASE WHEN m.id IS NOT NULL THEN 'created' WHEN c.id IS NOT NULL THEN 'updated' ELSE 'unchanged' END AS outcome
  FROM stage_survey s
  LEFT JOIN made_survey m USING (number)
  LEFT JOIN wish w USING (number)
  LEFT JOIN changed c ON c.id = w.id;
