-- Note on each piece how many rows of the file said the same before each of its rows, from the whole file in import_index.
WITH counted AS (
    SELECT position, number, row_number() OVER (PARTITION BY digest ORDER BY number) - 1 AS earlier FROM import_index
), noted AS (
    SELECT position, jsonb_object_agg(number, earlier) AS earlier FROM counted WHERE earlier > 0 GROUP BY position
)
UPDATE accounts_importchunk chunk
   SET notes = chunk.notes || jsonb_build_object('earlier', noted.earlier)
  FROM noted
 WHERE chunk.run_id = %(run_id)s
   AND chunk.position = noted.position
