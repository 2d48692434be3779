-- The staged calls of past Fridays, as the nights of then froze them.
INSERT INTO renewals_frozencall (tenant_id, id, renewal_id, week, caller, probability, mrr_minor, currency, due_on, member_id)
SELECT %(tenant_id)s, uuidv7(), f.renewal_id, f.week, f.caller, f.probability, f.mrr_minor, %(currency)s, f.due_on, f.member_id FROM stage_frozen f
