-- A page of the candidates, or all of them without a limit, in the order of what can be done with them and of their money.
-- `backwards` asks for the rows before the cursor, nearest first.
WITH keyed AS (
    SELECT s.*, s.rank * 1000000000000000 + (100000000000000 - least(s.mrr_minor, 100000000000000)) AS key
      FROM {standings} s
     WHERE (cardinality(%(states)s::text[]) = 0 OR s.standing = ANY (%(states)s::text[]))
       AND (NOT %(qualified)s::boolean OR s.qualified)
       AND (cardinality(%(segments)s::uuid[]) = 0 OR s.segment_id = ANY (%(segments)s::uuid[]))
       AND (cardinality(%(owners)s::uuid[]) = 0 OR s.owner_id = ANY (%(owners)s::uuid[]))
       AND (cardinality(%(consents)s::text[]) = 0 OR s.consent = ANY (%(consents)s::text[]))
       AND (cardinality(%(missing)s::text[]) = 0
            OR ('healthy' = ANY (%(missing)s::text[]) AND s.healthy IS NOT TRUE) OR ('proven' = ANY (%(missing)s::text[]) AND s.proven IS NOT TRUE)
            OR ('champion' = ANY (%(missing)s::text[]) AND s.champion IS NOT TRUE) OR ('profile' = ANY (%(missing)s::text[]) AND s.profile IS NOT TRUE)
            OR ('adopted' = ANY (%(missing)s::text[]) AND s.adopted IS NOT TRUE) OR ('renewed' = ANY (%(missing)s::text[]) AND s.renewed IS NOT TRUE))
       AND (%(words)s::text = '' OR s.name_key LIKE %(words)s::text)
)
SELECT k.* FROM keyed k
 WHERE %(cursor_id)s::uuid IS NULL
    OR (NOT %(backwards)s::boolean AND (k.key, k.id) > (%(cursor_key)s::bigint, %(cursor_id)s::uuid))
    OR (%(backwards)s::boolean AND (k.key, k.id) < (%(cursor_key)s::bigint, %(cursor_id)s::uuid))
 ORDER BY CASE WHEN %(backwards)s::boolean THEN -k.key ELSE k.key END,
          CASE WHEN NOT %(backwards)s::boolean THEN k.id END,
          CASE WHEN %(backwards)s::boolean THEN k.id END DESC
 LIMIT %(limit)s
