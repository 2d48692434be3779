-- A larger batch, staged by COPY.
WITH incoming AS (SELECT * FROM stage_usage),
