-- How many of the staged customers each rule about reasons speaks of: those of its category whose words match its pattern.
SELECT r.place::int AS place, count(l.account_id)::int AS customers, coalesce(sum(l.mrr), 0)::bigint AS mrr
  FROM unnest(%(categories)s::text[], %(patterns)s::text[]) WITH ORDINALITY r (category, pattern, place)
  LEFT JOIN lost l ON l.month >= %(since)s AND l.category = r.category
                  AND (r.pattern = '' OR concat_ws(' ', l.reason, l.note, l.competitor) ~* r.pattern)
 GROUP BY r.place
 ORDER BY r.place;
