-- The accounts and days that meet every filter: a filter is an attribute with the values that it lets through.
CREATE TEMPORARY TABLE allowed ON COMMIT DROP AS
SELECT account_id, lower(span) AS since, upper(span) AS until
  FROM (SELECT account_id, range_intersect_agg(spans) AS spans
          FROM (SELECT h.account_id, h.attribute, range_agg(daterange(h.since, h.until)) AS spans
                  FROM history h
                  JOIN unnest(%(attributes)s::text[], %(values)s::text[]) w (attribute, value)
                    ON w.attribute = h.attribute AND w.value = h.value
                 GROUP BY h.account_id, h.attribute) met
         GROUP BY account_id
        HAVING count(*) = %(filters)s) every_filter
 CROSS JOIN LATERAL unnest(spans) span;

CREATE INDEX ON allowed (account_id);
ANALYZE allowed;
