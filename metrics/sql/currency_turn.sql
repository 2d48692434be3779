-- What was turned over, from the staged table `turned`: the rows themselves, and what they were said as. Whoever has read a
-- row before must read it again: its version counts up.
WITH cac AS (
    UPDATE accounts_account a SET cac_minor = t.stands::bigint, version = a.version + 1, updated_at = clock_timestamp()
      FROM turned t WHERE t.kind = 'cac' AND a.id = t.key
), outcome AS (
    UPDATE health_outcome o SET value_minor = t.stands::bigint, version = o.version + 1, updated_at = clock_timestamp()
      FROM turned t WHERE t.kind = 'outcome' AND o.id = t.key
), target AS (
    UPDATE metrics_metrictarget m SET value = t.stands FROM turned t WHERE t.kind = 'target' AND m.id = t.key
), deal AS (
    UPDATE expansion_opportunity d SET won_mrr = t.stands::bigint, version = d.version + 1, updated_at = clock_timestamp()
      FROM turned t WHERE t.kind = 'deal' AND d.id = t.key
), renewal AS (
    -- Both amounts of a renewal at once: a row is written once in a statement.
    UPDATE renewals_renewal r SET due_mrr = coalesce(t.due, r.due_mrr), kept_mrr = coalesce(t.kept, r.kept_mrr),
           version = r.version + 1, updated_at = clock_timestamp()
      FROM (SELECT key, (max(stands) FILTER (WHERE kind = 'due'))::bigint AS due, (max(stands) FILTER (WHERE kind = 'kept'))::bigint AS kept
              FROM turned WHERE kind IN ('due', 'kept') GROUP BY key) t
     WHERE r.id = t.key
), save AS (
    UPDATE renewals_saveplay p SET mrr_minor = t.stands::bigint, version = p.version + 1, updated_at = clock_timestamp()
      FROM turned t WHERE t.kind = 'save' AND p.id = t.key
)
INSERT INTO metrics_revaluedamount (id, tenant_id, kind, key, said, said_in, stands)
SELECT uuidv7(), %(tenant_id)s, kind, key, said, said_in, stands FROM turned
ON CONFLICT (tenant_id, kind, key) DO UPDATE SET said = excluded.said, said_in = excluded.said_in, stands = excluded.stands;
