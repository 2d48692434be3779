"""Billing's totals of a month are a kind of file."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("accounts", "0011_churn_rules")]

    operations: ClassVar = [
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
                ],
                max_length=16,
            ),
        ),
    ]
