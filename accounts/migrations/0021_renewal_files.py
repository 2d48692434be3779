"""Files of renewals."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0020_advocacy_files"),
    ]

    operations = [
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
                    ("plans", "Plans with customers"),
                    ("issues", "Issues"),
                    ("absences", "Absences"),
                    ("opportunities", "Opportunities"),
                    ("advocates", "Advocates"),
                    ("assets", "Advocacy assets"),
                    ("referrals", "Referrals"),
                    ("renewals", "Renewals"),
                ],
                max_length=16,
            ),
        ),
    ]
