-- A core track, in onboarding since the day of the signature, for each live customer that has none and is a company of its
-- own. What was merged into it counts: its core track goes on there.
WITH part AS MATERIALIZED (
    SELECT s.id, s.into_id FROM {standing} s
), made AS (
    INSERT INTO journey_track (id, tenant_id, external_id, account_id, kind, name, opened_on, closed_because, source, version)
    SELECT uuidv7(), %(tenant_id)s, 'core-' || a.id, a.id, 'core', %(name)s, coalesce(a.signed_on, a.customer_since), '', 'rule', 1
      FROM accounts_account a
     WHERE a.status = 'live' AND a.merged_into_id IS NULL AND (a.level = 'company' OR a.parent_id IS NULL)
       AND coalesce(a.signed_on, a.customer_since) <= %(as_of)s
       AND NOT EXISTS (SELECT FROM journey_track t WHERE t.account_id = a.id AND t.kind = 'core')
       AND NOT EXISTS (SELECT FROM part JOIN journey_track t ON t.account_id = part.id
                        WHERE part.into_id = a.id AND t.kind = 'core' AND t.closed_on IS NULL)
    ON CONFLICT DO NOTHING
    RETURNING id, opened_on
)
INSERT INTO journey_stageperiod (id, tenant_id, external_id, track_id, stage, entered_on, entry, outcome, cause, note, evidence,
       overridden, blocker, blocker_note, source, version)
SELECT uuidv7(), %(tenant_id)s, 'begun-' || id, id, 'onboarding', opened_on, 'began', '', '', '', '[]', false, '', '', 'rule', 1
  FROM made
