-- What was judged (`judged`), written where it differs; what to tell of each account that is qualified from now on (TRG-15).
-- It stays qualified since the day on which all six were met, without a break.
INSERT INTO advocacy_qualification AS q (tenant_id, account_id, as_of, healthy, proven, champion, profile, adopted, renewed,
                                         evidence, qualified, qualified_since)
SELECT %(tenant_id)s, j.account_id, %(as_of)s, j.healthy, j.proven, j.champion, j.profile, j.adopted, j.renewed, j.evidence,
       j.qualified, CASE WHEN j.qualified THEN %(as_of)s::date END
  FROM judged j
    ON CONFLICT (tenant_id, account_id) DO UPDATE
   SET as_of = excluded.as_of, healthy = excluded.healthy, proven = excluded.proven, champion = excluded.champion,
       profile = excluded.profile, adopted = excluded.adopted, renewed = excluded.renewed, evidence = excluded.evidence,
       qualified = excluded.qualified,
       qualified_since = CASE WHEN excluded.qualified THEN coalesce(q.qualified_since, excluded.qualified_since) END
 WHERE (q.healthy, q.proven, q.champion, q.profile, q.adopted, q.renewed, q.evidence, q.qualified)
       IS DISTINCT FROM (excluded.healthy, excluded.proven, excluded.champion, excluded.profile, excluded.adopted,
                         excluded.renewed, excluded.evidence, excluded.qualified)
RETURNING q.account_id,
          CASE WHEN new.qualified AND NOT coalesce(old.qualified, false)
               THEN jsonb_build_object('qualified_since', new.qualified_since, 'as_of', new.as_of) END AS data
