-- Accounts of the temporary table stage_account: new ones are made, known ones changed where a given field differs.
-- Two steps, so that a parent or referrer may stand in the same file.
CREATE TEMPORARY TABLE IF NOT EXISTS merged_account (number int, id uuid, outcome text) ON COMMIT DROP;
TRUNCATE merged_account;

-- An account at version 0 was only named by others so far: its own row creates it.
INSERT INTO merged_account
SELECT s.number, coalesce(a.id, uuidv7()), CASE WHEN a.id IS NULL THEN 'new' WHEN a.version = 0 THEN 'named' ELSE 'known' END
  FROM stage_account s LEFT JOIN accounts_account a ON a.external_id = s.account;

WITH ids AS (
    SELECT s.account AS external_id, m.id FROM stage_account s JOIN merged_account m USING (number)
     UNION
    SELECT a.external_id, a.id FROM accounts_account a
     WHERE a.external_id IN (SELECT parent FROM stage_account UNION SELECT referred_by FROM stage_account)
)
INSERT INTO accounts_account (id, tenant_id, external_id, name, level, parent_id, segment_id, owner_id, industry, source, region,
       employees, domain, signed_on, tier, strategic, complexity, cac_minor, referred_by_id, attributes, status, mrr_minor, version)
SELECT m.id, %(tenant_id)s, s.account, s.name, s.level, p.id, s.segment_id, s.owner_id, s.industry, s.source, s.region,
       s.employees, s.domain, s.signed_on, s.tier, s.strategic, s.complexity, s.cac_minor, r.id, jsonb_strip_nulls(s.extra),
       'prospect', 0, 1
  FROM stage_account s
  JOIN merged_account m USING (number)
  LEFT JOIN ids p ON p.external_id = s.parent
  LEFT JOIN ids r ON r.external_id = s.referred_by
 WHERE m.outcome = 'new';

WITH wish AS (
    SELECT a.id,
           CASE WHEN 'name' = ANY (s.given) THEN s.name ELSE a.name END AS name,
           CASE WHEN 'level' = ANY (s.given) THEN s.level ELSE a.level END AS level,
           CASE WHEN 'segment_id' = ANY (s.given) THEN s.segment_id ELSE a.segment_id END AS segment_id,
           CASE WHEN 'owner_id' = ANY (s.given) THEN s.owner_id ELSE a.owner_id END AS owner_id,
           CASE WHEN 'industry' = ANY (s.given) THEN s.industry ELSE a.industry END AS industry,
           CASE WHEN 'source' = ANY (s.given) THEN s.source ELSE a.source END AS source,
           CASE WHEN 'region' = ANY (s.given) THEN s.region ELSE a.region END AS region,
           CASE WHEN 'employees' = ANY (s.given) THEN s.employees ELSE a.employees END AS employees,
           CASE WHEN 'domain' = ANY (s.given) THEN s.domain ELSE a.domain END AS domain,
           CASE WHEN 'signed_on' = ANY (s.given) THEN s.signed_on ELSE a.signed_on END AS signed_on,
           CASE WHEN 'tier' = ANY (s.given) THEN s.tier ELSE a.tier END AS tier,
           CASE WHEN 'strategic' = ANY (s.given) THEN s.strategic ELSE a.strategic END AS strategic,
           CASE WHEN 'complexity' = ANY (s.given) THEN s.complexity ELSE a.complexity END AS complexity,
           CASE WHEN 'cac_minor' = ANY (s.given) THEN s.cac_minor ELSE a.cac_minor END AS cac_minor,
           CASE WHEN 'parent' = ANY (s.given) THEN p.id ELSE a.parent_id END AS parent_id,
           CASE WHEN 'referred_by' = ANY (s.given) THEN r.id ELSE a.referred_by_id END AS referred_by_id,
           jsonb_strip_nulls(a.attributes || s.extra) AS attributes
      FROM stage_account s
      JOIN merged_account m USING (number)
      JOIN accounts_account a ON a.id = m.id
      LEFT JOIN accounts_account p ON p.external_id = s.parent
      LEFT JOIN accounts_account r ON r.external_id = s.referred_by
     WHERE m.outcome <> 'new'
), changed AS (
    UPDATE accounts_account a
       SET name = w.name, level = w.level, segment_id = w.segment_id, owner_id = w.owner_id, industry = w.industry,
           source = w.source, region = w.region, employees = w.employees, domain = w.domain, signed_on = w.signed_on,
           tier = w.tier, strategic = w.strategic, complexity = w.complexity, cac_minor = w.cac_minor,
           parent_id = w.parent_id, referred_by_id = w.referred_by_id, attributes = w.attributes,
           version = a.version + 1, updated_at = clock_timestamp()
      FROM wish w
     WHERE w.id = a.id
       AND (a.version = 0 OR (a.name, a.level, a.segment_id, a.owner_id, a.industry, a.source, a.region, a.employees, a.domain, a.signed_on,
            a.tier, a.strategic, a.complexity, a.cac_minor, a.parent_id, a.referred_by_id, a.attributes)
           IS DISTINCT FROM
           (w.name, w.level, w.segment_id, w.owner_id, w.industry, w.source, w.region, w.employees, w.domain, w.signed_on,
            w.tier, w.strategic, w.complexity, w.cac_minor, w.parent_id, w.referred_by_id, w.attributes))
    RETURNING a.id, (OLD.segment_id, OLD.signed_on, OLD.level) IS DISTINCT FROM (NEW.segment_id, NEW.signed_on, NEW.level) AS judged_anew,
              OLD.cac_minor IS DISTINCT FROM NEW.cac_minor AS cost_anew,
              OLD.parent_id AS was_below, OLD.parent_id IS DISTINCT FROM NEW.parent_id AS moved
)
SELECT m.number, m.id, coalesce(c.judged_anew, false) AS judged_anew, coalesce(c.cost_anew, false) AS cost_anew, c.was_below, coalesce(c.moved, false) AS moved,
       CASE WHEN m.outcome IN ('new', 'named') THEN 'created' WHEN c.id IS NULL THEN 'unchanged' ELSE 'updated' END AS outcome
  FROM merged_account m LEFT JOIN changed c USING (id);
