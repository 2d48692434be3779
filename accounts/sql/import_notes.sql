-- Rows of a file that are not the only one of their key (first: the earliest of them), or whose subscription has several
-- periods in the file. In the order of the file.
SELECT position, number, first, digest = first_digest AS same, several
  FROM (SELECT position, number, digest,
               min(number) OVER key_period AS first,
               first_value(digest) OVER (key_period ORDER BY number) AS first_digest,
               min(period) OVER key_only <> max(period) OVER key_only AS several
          FROM import_index
        WINDOW key_period AS (PARTITION BY key, period), key_only AS (PARTITION BY key)) k
 WHERE first <> number OR several
 ORDER BY number;
