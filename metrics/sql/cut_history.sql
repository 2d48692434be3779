-- What accounts are cut and filtered by beside their dated attributes, as rows of `history`: size, region, status and the
-- account itself as they are today, the month and quarter of the first payment, the ACV band at the end of each month.
-- Every account ends up with each attribute that is wanted, an empty value where nothing is known.
INSERT INTO history (account_id, attribute, value, since, until)
SELECT a.id, w.attribute,
       CASE w.attribute
            WHEN 'size' THEN CASE WHEN a.employees < 100 THEN 'SMB' WHEN a.employees < 1000 THEN 'MM'
                                  WHEN a.employees IS NOT NULL THEN 'ENT' ELSE '' END
            WHEN 'region' THEN a.region WHEN 'status' THEN a.status WHEN 'account' THEN a.id::text ELSE '' END,
       '-infinity', 'infinity'
  FROM accounts_account a
  JOIN unnest(%(wanted)s::text[]) w (attribute) ON w.attribute IN ('all', 'size', 'region', 'status', 'account');

INSERT INTO history (account_id, attribute, value, since, until)
SELECT m.account_id, w.attribute,
       CASE w.attribute WHEN 'cohort' THEN to_char(m.first_month, 'YYYY-MM') ELSE to_char(m.first_month, 'YYYY"-Q"Q') END,
       '-infinity', 'infinity'
  FROM {account_month} m
  JOIN unnest(%(wanted)s::text[]) w (attribute) ON w.attribute IN ('cohort', 'quarter')
 WHERE m.month = m.first_month;

INSERT INTO history (account_id, attribute, value, since, until)
SELECT m.account_id, 'acv_band',
       CASE WHEN m.mrr * 12 < %(band_1)s THEN 'under $1K' WHEN m.mrr * 12 < %(band_2)s THEN '$1K-10K'
            WHEN m.mrr * 12 < %(band_3)s THEN '$10K-50K' ELSE '$50K+' END,
       m.month, (m.month + interval '1 month')::date
  FROM {account_month} m
 WHERE 'acv_band' = ANY (%(wanted)s::text[]) AND m.mrr > 0;

INSERT INTO history (account_id, attribute, value, since, until)
SELECT a.id, w.attribute, '', '-infinity', 'infinity'
  FROM accounts_account a
 CROSS JOIN unnest(%(wanted)s::text[]) w (attribute)
 WHERE NOT EXISTS (SELECT FROM history h WHERE h.account_id = a.id AND h.attribute = w.attribute);

ANALYZE history;
