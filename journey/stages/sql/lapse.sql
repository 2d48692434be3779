-- Proposals whose stage ended meanwhile have nothing to decide any more.
UPDATE journey_regression r
   SET state = 'lapsed', decided_at = clock_timestamp(), version = r.version + 1
  FROM journey_stageperiod p
 WHERE p.id = r.period_id AND r.state = 'open' AND p.exited_on IS NOT NULL
