-- What was done with an account and how its journeys and plans went, those of accounts that were merged into it as well, in
-- the columns of the timeline. Days begin at midnight of the tenant.
WITH RECURSIVE part AS (
    SELECT %(account)s::uuid AS id
    UNION
    SELECT a.id FROM accounts_account a JOIN part p ON a.merged_into_id = p.id
)
SELECT 'work'::text AS grp, 'task'::text AS what, k.done_at AS at, k.id, NULL::jsonb AS said
  FROM journey_task k JOIN part ON part.id = k.account_id
 WHERE k.state = 'done'
 UNION ALL
SELECT 'work', 'play', p.started_at, p.id, NULL FROM journey_play p JOIN part ON part.id = p.account_id
 UNION ALL
SELECT 'work', 'play_over', p.ended_at, p.id, NULL
  FROM journey_play p JOIN part ON part.id = p.account_id
 WHERE p.ended_at IS NOT NULL
 UNION ALL
SELECT 'work', 'letter', l.sent_at, l.id, NULL
  FROM journey_letter l JOIN part ON part.id = l.account_id
 WHERE l.state = 'sent' AND l.sent_at IS NOT NULL
 UNION ALL
SELECT 'work', 'letter_failed', l.goes_at, l.id, NULL
  FROM journey_letter l JOIN part ON part.id = l.account_id
 WHERE l.state = 'failed'
 UNION ALL
SELECT 'work', 'handoff', h.answered_at, h.id, NULL
  FROM journey_handoff h JOIN part ON part.id = h.account_id
 WHERE h.state = 'accepted' AND h.answered_at IS NOT NULL
 UNION ALL
SELECT 'work', 'issue', timezone(%(zone)s, i.since::timestamp), i.id, NULL
  FROM journey_issueaccount i JOIN part ON part.id = i.account_id
 UNION ALL
SELECT 'journey', 'stage', timezone(%(zone)s, s.entered_on::timestamp), s.id, NULL
  FROM journey_stageperiod s JOIN journey_track t ON t.id = s.track_id JOIN part ON part.id = t.account_id
 UNION ALL
SELECT 'journey', 'stage_over', timezone(%(zone)s, s.exited_on::timestamp), s.id, NULL
  FROM journey_stageperiod s JOIN journey_track t ON t.id = s.track_id JOIN part ON part.id = t.account_id
 WHERE s.exited_on IS NOT NULL
 UNION ALL
SELECT 'journey', 'plan', timezone(%(zone)s, n.starts_on::timestamp), n.id, NULL
  FROM journey_plan n JOIN part ON part.id = n.account_id
 UNION ALL
SELECT 'journey', 'plan_over', timezone(%(zone)s, n.ended_on::timestamp), n.id, NULL
  FROM journey_plan n JOIN part ON part.id = n.account_id
 WHERE n.ended_on IS NOT NULL
 UNION ALL
SELECT 'journey', 'milestone', timezone(%(zone)s, m.done_on::timestamp), m.id, NULL
  FROM journey_milestone m JOIN journey_plan n ON n.id = m.plan_id JOIN part ON part.id = n.account_id
 WHERE m.done_on IS NOT NULL
