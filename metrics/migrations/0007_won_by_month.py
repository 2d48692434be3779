"""The customers won in the last year are found in a month of everybody without reading the others."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0012_billing_totals"),
        ("metrics", "0006_currency_and_benchmarks"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="accountmonth",
            name="accountmonth_by_month",
        ),
        migrations.AddIndex(
            model_name="accountmonth",
            index=models.Index(fields=["tenant", "month", "first_month"], name="accountmonth_by_month"),
        ),
    ]
