"""Money that renewals and deals wrote; who may close them."""

import django.contrib.postgres.fields
from django.db import migrations, models

SOURCES = [
    ("import", "Import"), ("api", "API"), ("member", "Person"), ("rule", "Rule"), ("renewal", "Renewal"), ("deal", "Expansion deal"),
]  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0016_plan_and_issue_files"),
    ]

    operations = [
        migrations.AlterField(
            model_name="accountchange",
            name="source",
            field=models.CharField(choices=SOURCES, max_length=8),
        ),
        migrations.AlterField(
            model_name="churnanswer",
            name="source",
            field=models.CharField(choices=SOURCES, max_length=8),
        ),
        migrations.AlterField(
            model_name="fxrate",
            name="source",
            field=models.CharField(choices=SOURCES, max_length=8),
        ),
        migrations.AlterField(
            model_name="subscriptionchange",
            name="source",
            field=models.CharField(choices=SOURCES, max_length=8),
        ),
        migrations.AlterField(
            model_name="role",
            name="permissions",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("home.view", "Open Today, Inbox and the search"),
                        ("week.view", "Read the weekly view"),
                        ("board.view", "Read the board and its metrics"),
                        ("board.edit", "Set targets, write notes for the board and send it"),
                        ("months.close", "Close months, restate them and reconcile them with billing"),
                        ("accounts.view", "Read accounts"),
                        ("accounts.edit", "Change accounts, people and events"),
                        ("health.edit", "Change health models and alert rules"),
                        ("journey.edit", "Change stages, plan templates and playbooks"),
                        ("deals.close", "Close renewals and win expansion deals"),
                        ("revenue.edit", "Change subscriptions and exchange rates"),
                        ("data.import", "Import files"),
                        ("runs.view", "Read runs and run them again"),
                        ("settings.edit", "Change the settings of the company"),
                        ("members.edit", "Invite people and change roles"),
                        ("keys.edit", "Make and revoke API keys"),
                        ("audit.view", "Read the audit trail"),
                    ],
                    max_length=40,
                ),
                default=list,
                size=None,
            ),
        ),
        # Whoever may change accounts closes their renewals and deals, as a new company's roles do.
        migrations.RunSQL(
            """
            ALTER TABLE accounts_role DISABLE TRIGGER USER, NO FORCE ROW LEVEL SECURITY;
            UPDATE accounts_role SET permissions = permissions || '{deals.close}'
             WHERE 'accounts.edit' = ANY (permissions) AND NOT 'deals.close' = ANY (permissions);
            SET CONSTRAINTS ALL IMMEDIATE;
            ALTER TABLE accounts_role ENABLE TRIGGER USER, FORCE ROW LEVEL SECURITY;
            """,
            migrations.RunSQL.noop,
        ),
    ]
