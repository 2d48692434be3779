-- Keep the parts of a span's figures for pages that read them; numbered on from `kept`, which are there already.
INSERT INTO journey_journeysum (tenant_id, span, place, owner_id, segment_id, figure, cell, part, stage, word, cut, value, days, n,
       accounts, mrr)
SELECT %(tenant_id)s, %(span)s, %(kept)s + row_number() OVER (), p.owner_id, p.segment_id, p.figure, p.cell, p.part, p.stage, p.word,
       p.cut, p.value, p.days, p.n, p.accounts, p.mrr
  FROM {parts} p
