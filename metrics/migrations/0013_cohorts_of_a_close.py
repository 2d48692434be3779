"""A close keeps the cohorts that the board shows of its month. Earlier closes have none: theirs are told as known now."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("metrics", "0012_month_off_its_index"),
    ]

    operations = [
        migrations.AddField(
            model_name="monthclose",
            name="cohorts",
            field=models.JSONField(default=dict),
        ),
    ]
