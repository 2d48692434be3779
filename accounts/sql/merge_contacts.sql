-- Contacts of the temporary table stage_contact: new ones are made, known ones changed where a given field differs.
-- What a score reads of them is kept as it stood (see ContactPast). A champion who left, or who is one no more, is an event of
-- the account, whichever door said so (ACC-05, TRG-07), unless somebody noted it with words of their own.
WITH known AS (
    SELECT s.number, c.id FROM stage_contact s JOIN accounts_contact c ON c.external_id = s.contact
), made AS (
    INSERT INTO accounts_contact (id, tenant_id, external_id, account_id, name, email, phone, title, role, engagement,
           language, last_contact_on, left_on, attributes, version)
    SELECT uuidv7(), %(tenant_id)s, s.contact, s.account_id, s.name, s.email, s.phone, s.title, s.role, s.engagement,
           s.language, s.last_contact_on, s.left_on, jsonb_strip_nulls(s.extra), 1
      FROM stage_contact s LEFT JOIN known k USING (number)
     WHERE k.id IS NULL
    RETURNING id, external_id
), wish AS (
    SELECT c.id, s.account_id, s.name,
           CASE WHEN 'email' = ANY (s.given) THEN s.email ELSE c.email END AS email,
           CASE WHEN 'phone' = ANY (s.given) THEN s.phone ELSE c.phone END AS phone,
           CASE WHEN 'title' = ANY (s.given) THEN s.title ELSE c.title END AS title,
           CASE WHEN 'role' = ANY (s.given) THEN s.role ELSE c.role END AS role,
           CASE WHEN 'engagement' = ANY (s.given) THEN s.engagement ELSE c.engagement END AS engagement,
           CASE WHEN 'language' = ANY (s.given) THEN s.language ELSE c.language END AS language,
           CASE WHEN 'last_contact_on' = ANY (s.given) THEN s.last_contact_on ELSE c.last_contact_on END AS last_contact_on,
           CASE WHEN 'left_on' = ANY (s.given) THEN s.left_on ELSE c.left_on END AS left_on,
           jsonb_strip_nulls(c.attributes || s.extra) AS attributes
      FROM stage_contact s JOIN known k USING (number) JOIN accounts_contact c ON c.id = k.id
), changed AS (
    UPDATE accounts_contact c
       SET account_id = w.account_id, name = w.name, email = w.email, phone = w.phone, title = w.title, role = w.role,
           engagement = w.engagement, language = w.language, last_contact_on = w.last_contact_on, left_on = w.left_on,
           attributes = w.attributes, version = c.version + 1, updated_at = clock_timestamp()
      FROM wish w
     WHERE w.id = c.id
       AND (c.account_id, c.name, c.email, c.phone, c.title, c.role, c.engagement, c.language, c.last_contact_on,
            c.left_on, c.attributes)
           IS DISTINCT FROM
           (w.account_id, w.name, w.email, w.phone, w.title, w.role, w.engagement, w.language, w.last_contact_on,
            w.left_on, w.attributes)
    RETURNING c.id, c.account_id, c.role, c.left_on,
              OLD.account_id AS was_of, OLD.role AS old_role, OLD.last_contact_on AS old_contact, OLD.left_on AS old_left,
              (OLD.account_id, OLD.role, OLD.last_contact_on, OLD.left_on)
                  IS DISTINCT FROM (NEW.account_id, NEW.role, NEW.last_contact_on, NEW.left_on) AS stands_anew
), kept AS (
    INSERT INTO accounts_contactpast (id, tenant_id, contact_id, account_id, role, last_contact_on, left_on, until)
    SELECT uuidv7(), %(tenant_id)s, id, was_of, old_role, old_contact, old_left, clock_timestamp()
      FROM changed WHERE stands_anew
), lost AS (
    SELECT id, account_id, CASE WHEN left_on IS NULL THEN 'champion_role_changed' ELSE 'champion_left' END AS kind,
           coalesce(left_on, %(today)s) AS happened_on
      FROM changed
     WHERE old_role = 'champion' AND old_left IS NULL AND (left_on IS NOT NULL OR role <> 'champion')
), noted AS (
    INSERT INTO accounts_accountevent (id, tenant_id, account_id, kind, happened_on, note, contact_id)
    SELECT uuidv7(), %(tenant_id)s, l.account_id, l.kind, l.happened_on, '', l.id
      FROM lost l
     WHERE NOT EXISTS (SELECT FROM accounts_accountevent e
                        WHERE e.contact_id = l.id AND e.kind = l.kind AND e.happened_on = l.happened_on)
)
SELECT s.number, coalesce(m.id, k.id) AS id, s.account_id, c.was_of, m.id IS NOT NULL OR coalesce(c.stands_anew, false) AS stands_anew,
       CASE WHEN m.id IS NOT NULL THEN 'created' WHEN c.id IS NOT NULL THEN 'updated' ELSE 'unchanged' END AS outcome
  FROM stage_contact s
  LEFT JOIN made m ON m.external_id = s.contact
  LEFT JOIN known k USING (number)
  LEFT JOIN changed c ON c.id = k.id;
