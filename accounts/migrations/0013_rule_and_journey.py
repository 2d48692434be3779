"""Facts that a rule wrote; files of stages and tasks; who may change the journey."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0012_billing_totals"),
    ]

    operations = [
        migrations.AlterField(
            model_name="accountchange",
            name="source",
            field=models.CharField(
                choices=[("import", "Import"), ("api", "API"), ("member", "Person"), ("rule", "Rule")], max_length=8
            ),
        ),
        migrations.AlterField(
            model_name="churnanswer",
            name="source",
            field=models.CharField(
                choices=[("import", "Import"), ("api", "API"), ("member", "Person"), ("rule", "Rule")], max_length=8
            ),
        ),
        migrations.AlterField(
            model_name="fxrate",
            name="source",
            field=models.CharField(
                choices=[("import", "Import"), ("api", "API"), ("member", "Person"), ("rule", "Rule")], max_length=8
            ),
        ),
        migrations.AlterField(
            model_name="import",
            name="kind",
            field=models.CharField(
                choices=[
                    ("accounts", "Accounts"),
                    ("contacts", "Contacts"),
                    ("subscriptions", "Subscriptions"),
                    ("usage", "Usage events"),
                    ("tickets", "Tickets"),
                    ("touchpoints", "Touchpoints"),
                    ("surveys", "Surveys"),
                    ("outcomes", "Outcomes"),
                    ("fx_rates", "Exchange rates"),
                    ("billing", "Billing totals"),
                    ("stages", "Journey stages"),
                    ("tasks", "Tasks"),
                ],
                max_length=16,
            ),
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
        migrations.AlterField(
            model_name="subscriptionchange",
            name="source",
            field=models.CharField(
                choices=[("import", "Import"), ("api", "API"), ("member", "Person"), ("rule", "Rule")], max_length=8
            ),
        ),
    ]
