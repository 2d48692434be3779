"""Where raw events lie: one partition for each day that is kept, and one for everything before (ACC-08).

The runtime role may neither make nor drop a table nor read a partition directly; these functions of the owner do it.
Writers and the roll-up hold a lock on the parent to the end of their transaction, so what `usage_drop_days` sees after
it has the parent to itself is all there is: an event that waits for its roll-up is never dropped.
"""

from pathlib import Path

from cs_platform.kernel.tenancy import POLICY, policy_expression

SQL = Path(__file__).parent / "sql"
_POLICY = policy_expression().replace("'", "''")

FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION usage_secure_partition(leaf text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', leaf);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', leaf);
    EXECUTE format('CREATE POLICY {POLICY} ON %I USING ({_POLICY}) WITH CHECK ({_POLICY})', leaf);
    IF leaf = 'health_usageevent' THEN RETURN; END IF;
    EXECUTE format('REVOKE ALL ON %I FROM PUBLIC', leaf);
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'cs_app') THEN
        EXECUTE format('REVOKE ALL ON %I FROM cs_app', leaf);
    END IF;
END $$;

-- Makes the partitions of the days from the first kept one to `until` that are missing; how many it made. Attaching an
-- empty table stops neither writers nor readers.
CREATE OR REPLACE FUNCTION usage_make_partitions(until date) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE wanted date; leaf text; made int := 0; kept date;
BEGIN
    IF until > current_date + 60 THEN RAISE EXCEPTION 'not more than 60 days ahead'; END IF;
    PERFORM pg_advisory_xact_lock(hashtext('health_usageevent'));
    SELECT kept_from INTO kept FROM health_usagestore;
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

-- The earliest of the days `since` to `before` (excluded) on which events of any tenant wait for their roll-up. The owner
-- is bound by row-level security as everybody is, so it asks as each tenant in turn: one probe of the key for each.
CREATE OR REPLACE FUNCTION usage_oldest_waiting(since date, before date) RETURNS date
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE asked bigint; waiting date; oldest date; mine text := coalesce(current_setting('app.tenant_id', true), '');
BEGIN
    FOR asked IN SELECT id FROM accounts_tenant LOOP
        PERFORM set_config('app.tenant_id', asked::text, true);
        SELECT min(day) INTO waiting FROM health_usagetouched
         WHERE tenant_id = asked AND day >= since AND day < coalesce(oldest, before);
        oldest := least(oldest, waiting);
    END LOOP;
    PERFORM set_config('app.tenant_id', mine, true);
    RETURN oldest;
END $$;

-- Drops the days before `horizon`, or fewer: as far as nothing of them waits. How many it dropped; -1 when the table was
-- busy for longer than writers may be kept waiting (ask again). A week is always kept.
CREATE OR REPLACE FUNCTION usage_drop_days(horizon date) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '300ms' AS $$
DECLARE leaf text; dropped int := 0; kept date; ends date;
BEGIN
    IF horizon > current_date - 7 THEN RAISE EXCEPTION 'a week of events is always kept'; END IF;
    SELECT kept_from INTO kept FROM health_usagestore;
    IF horizon <= kept OR usage_oldest_waiting(kept, horizon) <= kept THEN RETURN 0; END IF;
    PERFORM pg_advisory_xact_lock(hashtext('health_usageevent'));
    LOCK TABLE health_usageevent IN ACCESS EXCLUSIVE MODE;
    SELECT kept_from INTO kept FROM health_usagestore;
    ends := least(horizon, usage_oldest_waiting(kept, horizon));
    IF ends <= kept THEN RETURN 0; END IF;
    ALTER TABLE health_usageevent DETACH PARTITION health_usageevent_past;
    FOR leaf IN SELECT 'health_usageevent_' || to_char(d, 'YYYYMMDD') FROM generate_series(kept, ends - 1, interval '1 day') d LOOP
        IF to_regclass(leaf) IS NOT NULL THEN
            EXECUTE format('DROP TABLE %I', leaf);
            dropped := dropped + 1;
        END IF;
    END LOOP;
    EXECUTE format('ALTER TABLE health_usageevent ATTACH PARTITION health_usageevent_past FOR VALUES FROM (MINVALUE) TO (%L)', ends);
    UPDATE health_usagestore SET kept_from = ends;
    RETURN dropped;
EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
    RETURN -1;
END $$;

REVOKE ALL ON FUNCTION usage_secure_partition(text), usage_make_partitions(date), usage_drop_days(date),
    usage_oldest_waiting(date, date) FROM PUBLIC;
DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'cs_app') THEN
    GRANT EXECUTE ON FUNCTION usage_make_partitions(date), usage_drop_days(date) TO cs_app;
    REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON health_usagestore FROM cs_app;
END IF; END $$;
"""

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
{FUNCTIONS}
CREATE TABLE health_usageevent_past (LIKE health_usageevent INCLUDING DEFAULTS);
DO $$ BEGIN
    PERFORM usage_secure_partition('health_usageevent');
    EXECUTE format('ALTER TABLE health_usageevent ATTACH PARTITION health_usageevent_past FOR VALUES FROM (MINVALUE) TO (%L)',
                   (SELECT kept_from FROM health_usagestore));
    PERFORM usage_secure_partition('health_usageevent_past');
    PERFORM usage_make_partitions(current_date + 30);
END $$;
"""
