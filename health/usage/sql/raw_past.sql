-- Events of days that are no longer kept: they are counted once, now, and then they are gone.
WITH gone AS (
    DELETE FROM health_usageevent e USING usage_piece p
     WHERE e.tenant_id = %(tenant)s AND e.account_id = p.account_id AND e.day = p.day AND e.day < %(kept_from)s
    RETURNING e.account_id, e.day, greatest(e.known_on, e.day), e.user_ref, e.event, e.session, e.occurred_at, e.quantity
)
INSERT INTO usage_raw SELECT * FROM gone
