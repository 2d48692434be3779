"""The runtime role owns no table and may not ANALYZE; this function lets it do so for the revenue tables alone."""

from django.db import migrations

TABLES = "accounts_account, accounts_accountchange, accounts_subscription, accounts_subscriptionchange, metrics_accountmonth"


class Migration(migrations.Migration):
    dependencies = [("metrics", "0001_initial")]

    operations = [
        migrations.RunSQL(
            f"""
            CREATE OR REPLACE FUNCTION refresh_revenue_statistics() RETURNS void
            LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
            BEGIN ANALYZE {TABLES}; END $$;
            REVOKE ALL ON FUNCTION refresh_revenue_statistics() FROM PUBLIC;
            DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'cs_app') THEN
                GRANT EXECUTE ON FUNCTION refresh_revenue_statistics() TO cs_app; END IF; END $$;
            """,
            "DROP FUNCTION refresh_revenue_statistics()",
        )
    ]
