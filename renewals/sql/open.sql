-- Open the staged renewals with their lines and the steps of their runway. A step whose day was over before the renewal opened
-- is due within `catch_up` days: nobody could have done it in time.
INSERT INTO renewals_renewal (
    tenant_id, id, external_id, account_id, due_on, opened_on, profile, state, phase, phase_since, intent, currency,
    next_step, approval, legal, procurement, likely_reason, note, source, version)
SELECT %(tenant_id)s, o.id, o.id::text, o.account_id, o.due_on, %(as_of)s, o.profile, 'open', 'preparing', %(as_of)s, 'unknown', o.currency,
       '', 'none', 'none', 'none', '', '', 'rule', 1
  FROM stage_opening o;

INSERT INTO renewals_renewalline (tenant_id, id, renewal_id, subscription_id)
SELECT %(tenant_id)s, uuidv7(), l.renewal_id, l.subscription_id FROM stage_opening_line l;

INSERT INTO renewals_renewalstep (tenant_id, id, renewal_id, step, days, due_on, note, version)
SELECT %(tenant_id)s, uuidv7(), o.id, p.step, p.days,
       least(greatest(o.due_on - p.days, CASE WHEN o.due_on - p.days < %(as_of)s THEN %(as_of)s::date + %(catch_up)s::int END), o.due_on),
       '', 1
  FROM stage_opening o JOIN stage_plan p ON p.plan = o.plan;
