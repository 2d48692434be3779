-- Success criteria of the temporary table stage_outcome: new ones are made, known ones changed where a given field differs.
-- Two steps, so that one that another transaction made meanwhile is changed like a known one.
CREATE TEMPORARY TABLE IF NOT EXISTS made_outcome (number int, id uuid) ON COMMIT DROP;
TRUNCATE made_outcome;

WITH made AS (
    INSERT INTO health_outcome (id, tenant_id, external_id, account_id, name, metric, unit, baseline, target, agreed_on,
           due_on, data_source, owner_id,
           customer_owner_id, first_value, confirmed_on, confirmed_by_id, value_minor, story, dropped_on, known_on,
           source, source_ref, version)
    SELECT uuidv7(), %(tenant_id)s, s.outcome, s.account_id, coalesce(nullif(s.name, ''), s.outcome), s.metric, s.unit,
           s.baseline, s.target,
           s.agreed_on, s.due_on, s.data_source, s.owner_id, s.customer_owner_id, s.first_value, s.confirmed_on,
           s.confirmed_by_id, s.value_minor, s.story, s.dropped_on, s.known_on, %(source)s, %(source_ref)s::uuid, 1
      FROM stage_outcome s
     WHERE NOT EXISTS (SELECT 1 FROM health_outcome k WHERE k.external_id = s.outcome)
     ORDER BY s.outcome
    ON CONFLICT (tenant_id, external_id) DO NOTHING
    RETURNING id, external_id
)
INSERT INTO made_outcome SELECT s.number, m.id FROM made m JOIN stage_outcome s ON s.outcome = m.external_id;

WITH wish AS (
    SELECT t.id, s.number, s.account_id, t.account_id AS before_id, s.metric, s.target, s.due_on, s.data_source,
           CASE WHEN 'name' = ANY (s.given) AND s.name <> '' THEN s.name ELSE t.name END AS name,
           CASE WHEN 'unit' = ANY (s.given) THEN s.unit ELSE t.unit END AS unit,
           CASE WHEN 'baseline' = ANY (s.given) THEN s.baseline ELSE t.baseline END AS baseline,
           CASE WHEN 'agreed_on' = ANY (s.given) THEN s.agreed_on ELSE t.agreed_on END AS agreed_on,
           CASE WHEN 'owner_email' = ANY (s.given) THEN s.owner_id ELSE t.owner_id END AS owner_id,
           CASE WHEN 'customer_owner' = ANY (s.given) THEN s.customer_owner_id ELSE t.customer_owner_id END AS customer_owner_id,
           CASE WHEN 'first_value' = ANY (s.given) THEN s.first_value ELSE t.first_value END AS first_value,
           CASE WHEN 'confirmed_on' = ANY (s.given) THEN s.confirmed_on ELSE t.confirmed_on END AS confirmed_on,
           CASE WHEN 'confirmed_by' = ANY (s.given) THEN s.confirmed_by_id ELSE t.confirmed_by_id END AS confirmed_by_id,
           CASE WHEN 'value' = ANY (s.given) THEN s.value_minor ELSE t.value_minor END AS value_minor,
           CASE WHEN 'story' = ANY (s.given) THEN s.story ELSE t.story END AS story,
           CASE WHEN 'dropped_on' = ANY (s.given) THEN s.dropped_on ELSE t.dropped_on END AS dropped_on
      FROM stage_outcome s
      JOIN health_outcome t ON t.external_id = s.outcome
     WHERE s.number NOT IN (SELECT number FROM made_outcome)
), changed AS (
    UPDATE health_outcome t
       SET account_id = w.account_id, name = w.name, metric = w.metric, unit = w.unit, baseline = w.baseline,
           target = w.target, agreed_on = w.agreed_on, due_on = w.due_on, data_source = w.data_source,
           owner_id = w.owner_id, customer_owner_id = w.customer_owner_id, first_value = w.first_value,
           confirmed_on = w.confirmed_on, confirmed_by_id = w.confirmed_by_id, value_minor = w.value_minor,
           story = w.story, dropped_on = w.dropped_on, version = t.version + 1, updated_at = clock_timestamp()
      FROM wish w
     WHERE w.id = t.id
       AND (t.account_id, t.name, t.metric, t.unit, t.baseline, t.target, t.agreed_on, t.due_on, t.data_source,
            t.owner_id, t.customer_owner_id, t.first_value, t.confirmed_on, t.confirmed_by_id, t.value_minor,
            t.story, t.dropped_on)
           IS DISTINCT FROM
           (w.account_id, w.name, w.metric, w.unit, w.baseline, w.target, w.agreed_on, w.due_on, w.data_source,
            w.owner_id, w.customer_owner_id, w.first_value, w.confirmed_on, w.confirmed_by_id, w.value_minor,
            w.story, w.dropped_on)
    RETURNING t.id
)
SELECT s.number, coalesce(m.id, w.id) AS id, s.account_id, w.before_id,
       CASE WHEN m.id IS NOT NULL THEN 'created' WHEN c.id IS NOT NULL THEN 'updated' ELSE 'unchanged' END AS outcome
  FROM stage_outcome s
  LEFT JOIN made_outcome m USING (number)
  LEFT JOIN wish w USING (number)
  LEFT JOIN changed c ON c.id = w.id;
