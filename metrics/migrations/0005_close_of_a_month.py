from django.db import migrations, models

# What is recorded while a month is being closed waits for it: each fact is then either in the close, or known after it.
LOCK = """
CREATE FUNCTION wait_for_month_close() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(nullif(current_setting('app.tenant_id', true), '')::int, hashtext('month_close'));
    RETURN NULL;
END $$;
"""
TABLES = ("accounts_subscriptionchange", "accounts_fxrate", "accounts_accountchange")
TRIGGERS = "".join(
    f"CREATE TRIGGER month_close BEFORE INSERT ON {table} FOR EACH STATEMENT EXECUTE FUNCTION wait_for_month_close();\n"
    for table in TABLES
)
UNDO = "".join(f"DROP TRIGGER month_close ON {table};\n" for table in TABLES) + "DROP FUNCTION wait_for_month_close();"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0008_revenue_truth"),
        ("metrics", "0004_revenue_truth"),
    ]

    operations = [
        migrations.AddField("monthclose", "answers", models.JSONField(default=dict)),
        migrations.AddField("monthclose", "dunning_days", models.PositiveSmallIntegerField(default=30)),
        migrations.AddField(
            "monthclose",
            "logo_level",
            models.CharField(
                choices=[("account", "Each account"), ("parent", "The parent at the top")],
                default="account",
                max_length=7,
            ),
        ),
        migrations.RunSQL(LOCK + TRIGGERS, UNDO),
    ]
