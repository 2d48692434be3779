-- Note on each piece which of its rows are overtaken, from the whole file in import_index: a later row is about the same
-- thing. A row that repeats an earlier one of its key says nothing.
WITH told AS (
    SELECT position, number, thing, number = min(number) OVER (PARTITION BY key, period) AS speaks FROM import_index
), placed AS (
    SELECT position, number, number < max(number) OVER (PARTITION BY thing) AS overtaken FROM told WHERE speaks
), noted AS (
    SELECT position, jsonb_agg(number ORDER BY number) AS overtaken FROM placed WHERE overtaken GROUP BY position
)
UPDATE accounts_importchunk chunk
   SET notes = chunk.notes || jsonb_build_object('overtaken', noted.overtaken)
  FROM noted
 WHERE chunk.run_id = %(run_id)s
   AND chunk.position = noted.position;
