"""Waiting days are found by day, old keys by when they came, and a user's account by the moment they were last seen."""

from django.db import migrations, models

from cs_platform.kernel.tenancy import SecureTenantTables
from health.usage.storage import FUNCTIONS

KEY = """
ALTER TABLE health_usagetouched DROP CONSTRAINT health_usagetouched_pkey;
ALTER TABLE health_usagetouched ADD PRIMARY KEY (tenant_id, day, account_id, receipt_id);
-- Keys come in order of time, so that this index costs next to nothing and still finds the old ones.
CREATE INDEX ix_usagekey_received ON health_usagekey USING brin (received_on) WITH (autosummarize = on);
"""


class Migration(migrations.Migration):
    dependencies = [("health", "0001_initial")]

    operations = [
        migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(KEY, migrations.RunSQL.noop)],
            state_operations=[
                migrations.AlterField(
                    "usagetouched",
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "day",
                        "account_id",
                        "receipt_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                )
            ],
        ),
        migrations.AddField("usageuser", "seen_at", models.DateTimeField(null=True)),
        SecureTenantTables(append_only=["health_outcomemeasurement", "health_ticketchange"]),
    ]
