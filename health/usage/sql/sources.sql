-- Every sender of events of the last days: its whole (day is null) and each of its days, in one pass over the receipts.
SELECT r.kind, r.api_key_id,
       (r.received_at AT TIME ZONE %(zone)s)::date AS day,
       max(r.received_at) AS last_received,
       sum(r.accepted)::bigint AS accepted,
       coalesce(sum(r.accepted) FILTER (WHERE r.received_at >= %(day_ago)s), 0)::bigint AS accepted_day,
       coalesce(sum(r.accepted) FILTER (WHERE r.received_at >= %(week_ago)s), 0)::bigint AS accepted_week,
       coalesce(sum(r.received) FILTER (WHERE r.received_at >= %(week_ago)s), 0)::bigint AS received_week,
       coalesce(sum(r.rejected) FILTER (WHERE r.received_at >= %(week_ago)s), 0)::bigint AS rejected_week,
       coalesce(sum(r.quarantined) FILTER (WHERE r.received_at >= %(week_ago)s), 0)::bigint AS quarantined_week,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY greatest(extract(epoch FROM r.received_at - r.latest_at), 0))
           FILTER (WHERE r.latest_at IS NOT NULL AND r.received_at >= %(week_ago)s) AS lag_seconds
  FROM health_receipt r
 WHERE r.received_at >= %(since)s
   AND r.kind <> 'replay'
 GROUP BY GROUPING SETS ((r.kind, r.api_key_id), (r.kind, r.api_key_id, (r.received_at AT TIME ZONE %(zone)s)::date))
 ORDER BY r.kind, r.api_key_id, day NULLS FIRST;
