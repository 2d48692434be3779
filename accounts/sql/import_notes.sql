-- Note on each piece of a file what its rows cannot see, from the whole file in import_index (see ImportChunk.notes).
WITH marked AS (
    SELECT position, number, digest,
           min(number) OVER key_period AS first,
           first_value(digest) OVER (key_period ORDER BY number) AS first_digest,
           min(period) OVER key_only <> max(period) OVER key_only AS several
      FROM import_index
    WINDOW key_period AS (PARTITION BY key, period), key_only AS (PARTITION BY key)
), rows AS (
    SELECT position,
           jsonb_agg(number ORDER BY number) FILTER (WHERE first <> number AND digest = first_digest) AS same,
           jsonb_object_agg(number, first) FILTER (WHERE first <> number AND digest <> first_digest) AS repeats,
           jsonb_agg(number ORDER BY number) FILTER (WHERE several) AS several
      FROM marked
     WHERE first <> number OR several
     GROUP BY position
), chosen AS (
    -- Accounts whose rows name different segments: that of the earliest period counts, whatever the order.
    SELECT DISTINCT ON (account) account, segment
      FROM import_index
     WHERE %(choose_segments)s
       AND segment <> ''
       AND account IN (SELECT account FROM import_index GROUP BY account HAVING min(segment) <> max(segment))
     ORDER BY account, period, key, segment
), segments AS (
    SELECT position, jsonb_object_agg(account, segment) AS segments
      FROM (SELECT DISTINCT i.position, c.account, c.segment FROM import_index i JOIN chosen c USING (account)) s
     GROUP BY position
)
UPDATE accounts_importchunk chunk
   SET notes = jsonb_build_object(
           'same', coalesce(r.same, '[]'), 'repeats', coalesce(r.repeats, '{}'),
           'several', coalesce(r.several, '[]'), 'segments', coalesce(s.segments, '{}'))
  FROM accounts_importchunk piece
  LEFT JOIN rows r ON r.position = piece.position
  LEFT JOIN segments s ON s.position = piece.position
 WHERE piece.run_id = %(run_id)s
   AND chunk.id = piece.id;
