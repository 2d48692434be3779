-- The issues that the filters leave. An empty list filters nothing.
SELECT i.id, i.function, i.state
  FROM journey_issue i
 WHERE (cardinality(%(functions)s::text[]) = 0 OR i.function = ANY (%(functions)s::text[]))
   AND (cardinality(%(states)s::text[]) = 0 OR i.state = ANY (%(states)s::text[]))
   AND (cardinality(%(kinds)s::text[]) = 0 OR i.kind = ANY (%(kinds)s::text[]))
   AND (%(words)s::text = '' OR i.title ILIKE %(words)s::text OR i.description ILIKE %(words)s::text
        OR i.reference ILIKE %(words)s::text OR i.external_id ILIKE %(words)s::text)
