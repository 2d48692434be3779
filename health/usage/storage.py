"""Where raw events lie: one partition for each day that is kept, and one for everything before (ACC-08).

The runtime role may neither make nor drop a table nor read a partition directly; these functions of the owner do it.
"""

from cs_platform.kernel.tenancy import POLICY, policy_expression

# The past (days that are no longer kept) is emptied as it is rolled up. `health_usagestore` holds the first kept day.
STORAGE = f"""
CREATE TABLE health_usageevent (
    tenant_id bigint NOT NULL,
    message_id uuid NOT NULL,
    day date NOT NULL,
    occurred_at timestamptz NOT NULL,
    account_id uuid NOT NULL,
    user_ref varchar(200) NOT NULL DEFAULT '',
    event varchar(120) NOT NULL,
    quantity numeric(20, 6) NOT NULL DEFAULT 1,
    session varchar(200) NOT NULL DEFAULT '',
    known_on date NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    receipt_id uuid NOT NULL
) PARTITION BY RANGE (day);
CREATE INDEX ix_usageevent_account ON health_usageevent (tenant_id, account_id);
CREATE TABLE health_usagestore (id int PRIMARY KEY CHECK (id = 1), kept_from date NOT NULL);
INSERT INTO health_usagestore VALUES (1, current_date - 90);

CREATE FUNCTION usage_secure_partition(leaf text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', leaf);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', leaf);
    EXECUTE format('CREATE POLICY {POLICY} ON %I USING ({policy_expression().replace("'", "''")}) '
                   'WITH CHECK ({policy_expression().replace("'", "''")})', leaf);
    IF leaf = 'health_usageevent' THEN RETURN; END IF;
    EXECUTE format('REVOKE ALL ON %I FROM PUBLIC', leaf);
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'cs_app') THEN
        EXECUTE format('REVOKE ALL ON %I FROM cs_app', leaf);
    END IF;
END $$;

-- Makes the partitions of the days from the first kept one to `until` that are missing; how many it made.
CREATE FUNCTION usage_make_partitions(until date) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE wanted date; leaf text; made int := 0; kept date := (SELECT kept_from FROM health_usagestore);
BEGIN
    IF until > current_date + 60 THEN RAISE EXCEPTION 'not more than 60 days ahead'; END IF;
    PERFORM pg_advisory_xact_lock(hashtext('health_usageevent'));
    FOR wanted IN SELECT generate_series(kept, until, interval '1 day')::date LOOP
        leaf := 'health_usageevent_' || to_char(wanted, 'YYYYMMDD');
        IF to_regclass(leaf) IS NULL THEN
            EXECUTE format('CREATE TABLE %I (LIKE health_usageevent INCLUDING DEFAULTS)', leaf);
            EXECUTE format('ALTER TABLE health_usageevent ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                           leaf, wanted, wanted + 1);
            PERFORM usage_secure_partition(leaf);
            made := made + 1;
        END IF;
    END LOOP;
    RETURN made;
END $$;

-- Drops the days before `horizon` and lets the past end there; refused while any of their events is not rolled up.
CREATE FUNCTION usage_drop_days(horizon date) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE leaf text; dropped int := 0; kept date := (SELECT kept_from FROM health_usagestore);
BEGIN
    IF horizon <= kept OR horizon > current_date THEN RETURN 0; END IF;
    PERFORM pg_advisory_xact_lock(hashtext('health_usageevent'));
    PERFORM set_config('lock_timeout', '2s', true);
    ALTER TABLE health_usageevent DETACH PARTITION health_usageevent_past;
    FOR leaf IN SELECT 'health_usageevent_' || to_char(d, 'YYYYMMDD') FROM generate_series(kept, horizon - 1, interval '1 day') d LOOP
        IF to_regclass(leaf) IS NOT NULL THEN
            EXECUTE format('DROP TABLE %I', leaf);
            dropped := dropped + 1;
        END IF;
    END LOOP;
    EXECUTE format('ALTER TABLE health_usageevent ATTACH PARTITION health_usageevent_past FOR VALUES FROM (MINVALUE) TO (%L)', horizon);
    UPDATE health_usagestore SET kept_from = horizon;
    RETURN dropped;
END $$;

CREATE TABLE health_usageevent_past (LIKE health_usageevent INCLUDING DEFAULTS);
DO $$ BEGIN
    PERFORM usage_secure_partition('health_usageevent');
    EXECUTE format('ALTER TABLE health_usageevent ATTACH PARTITION health_usageevent_past FOR VALUES FROM (MINVALUE) TO (%L)',
                   (SELECT kept_from FROM health_usagestore));
    PERFORM usage_secure_partition('health_usageevent_past');
    PERFORM usage_make_partitions(current_date + 30);
END $$;
REVOKE ALL ON FUNCTION usage_secure_partition(text), usage_make_partitions(date), usage_drop_days(date) FROM PUBLIC;
DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'cs_app') THEN
    GRANT EXECUTE ON FUNCTION usage_make_partitions(date), usage_drop_days(date) TO cs_app;
    REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON health_usagestore FROM cs_app;
END IF; END $$;
"""
