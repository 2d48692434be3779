"""Money of won deals, renewals and save plays is kept in the reporting currency, and turned over when that changes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("expansion", "0001_the_motion"),
        ("metrics", "0009_won_months"),
        ("renewals", "0001_the_motion"),
    ]

    operations = [
        migrations.AlterField(
            model_name="revaluedamount",
            name="kind",
            field=models.CharField(
                choices=[
                    ("cac", "Acquisition costs"),
                    ("outcome", "Values of outcomes"),
                    ("target", "Targets in money"),
                    ("deal", "Won deals"),
                    ("due", "What renewals were due"),
                    ("kept", "What renewals kept"),
                    ("save", "Money of save plays"),
                ],
                max_length=8,
            ),
        ),
    ]
