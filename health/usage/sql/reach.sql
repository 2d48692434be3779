-- The first kept day, and the last day for which there is a partition.
SELECT (SELECT kept_from FROM health_usagestore) AS kept_from,
       (SELECT max(to_date(right(c.relname, 8), 'YYYYMMDD'))
          FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
         WHERE i.inhparent = 'health_usageevent'::regclass AND c.relname ~ '^health_usageevent_\d{8}$') AS last_day
