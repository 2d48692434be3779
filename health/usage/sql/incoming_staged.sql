-- A piece of a file, staged by COPY.
WITH incoming AS (SELECT * FROM stage_usage),
