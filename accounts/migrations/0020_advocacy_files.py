"""Files of the advocacy program."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0019_opportunity_files"),
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
                ],
                max_length=16,
            ),
        ),
    ]
