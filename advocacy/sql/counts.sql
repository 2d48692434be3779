-- How many candidates stand where: of all that the reader sees; accounts are counted once as qualified.
SELECT count(*) AS all, count(DISTINCT s.account_id) FILTER (WHERE s.qualified) AS qualified,
       count(*) FILTER (WHERE s.standing = 'ready') AS ready, count(*) FILTER (WHERE s.standing = 'resting') AS resting,
       count(*) FILTER (WHERE s.standing = 'waiting') AS waiting, count(*) FILTER (WHERE s.standing = 'open') AS open,
       count(*) FILTER (WHERE s.standing = 'blocked') AS blocked,
       count(*) FILTER (WHERE s.consent_until >= %(today)s AND s.consent_until < %(today)s::date + 365) AS ending
  FROM {standings} s
