-- What floors above tell of an account, where there are none: nothing, in the columns that all of them have.
SELECT ''::text AS grp, ''::text AS what, now() AS at, NULL::uuid AS id, NULL::jsonb AS said WHERE false
