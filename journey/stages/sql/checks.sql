-- The latest word on each criterion of the stage periods in `ids`, up to the moment `until`. What was met before a track
-- went back stays met: a period that began by going back inherits the words of the earlier ones of its stage.
SELECT DISTINCT ON (p.id, c.criterion, c.how) p.id AS period_id, c.id, c.criterion, c.how, c.met, c.note, c.at, c.signed_as,
       coalesce(nullif(c.signed_as, ''), k.name, m.name, '') AS by
  FROM journey_stageperiod p
  JOIN journey_stageperiod q ON q.track_id = p.track_id AND q.stage = p.stage
                            AND (q.id = p.id OR p.entry = 'went_back' AND q.entered_on <= p.entered_on)
  JOIN journey_criterioncheck c ON c.period_id = q.id AND c.at < %(until)s
  LEFT JOIN accounts_member m ON m.id = c.member_id
  LEFT JOIN accounts_contact k ON k.id = c.contact_id
 WHERE p.id = ANY (%(ids)s::uuid[])
 ORDER BY p.id, c.criterion, c.how, c.at DESC, c.id DESC
