"""The runtime role owns no table and may not ANALYZE; this function does it where a table has changed much since."""

from django.db import migrations

TABLES = (
    "accounts_account", "accounts_subscription", "accounts_contact", "health_accountday", "health_alert",
    "health_featureday", "health_healthscore", "health_outcome", "health_outcomemeasurement", "health_survey",
    "health_ticket", "health_touchpoint", "health_usageuser", "health_usermonth",
)  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("health", "0005_usageuser_traits")]

    operations = [
        migrations.RunSQL(
            f"""
            CREATE FUNCTION refresh_health_statistics() RETURNS int
            LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
            DECLARE name text; done int := 0;
            BEGIN
                PERFORM set_config('lock_timeout', '200ms', true);
                FOR name IN SELECT relname FROM pg_stat_user_tables
                             WHERE relname = ANY (ARRAY[{", ".join(f"'{t}'" for t in TABLES)}])
                               AND n_mod_since_analyze > 500 + 0.2 * n_live_tup ORDER BY relname LOOP
                    BEGIN
                        EXECUTE format('ANALYZE %I', name);
                        done := done + 1;
                    EXCEPTION WHEN lock_not_available THEN NULL;  -- somebody is at it already
                    END;
                END LOOP;
                RETURN done;
            END $$;
            REVOKE ALL ON FUNCTION refresh_health_statistics() FROM PUBLIC;
            DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'cs_app') THEN
                GRANT EXECUTE ON FUNCTION refresh_health_statistics() TO cs_app; END IF; END $$;
            """,
            "DROP FUNCTION refresh_health_statistics()",
        ),
    ]
