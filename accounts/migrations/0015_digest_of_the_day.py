"""The hour at which a company's day ends: its digest goes out then."""

import datetime

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0014_coverage_and_outgoing"),
    ]

    operations = [
        migrations.AddField(
            model_name="tenant",
            name="digest_at",
            field=models.TimeField(default=datetime.time(17, 30)),
        ),
        migrations.AddField(
            model_name="tenant",
            name="digest_on",
            field=models.DateField(blank=True, null=True),
        ),
    ]
