"""Who else is at a meeting, of the customer and of ours."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('health', '0011_source_of_deals'),
    ]

    operations = [
        migrations.AddField(
            model_name='touchpoint',
            name='attendees',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), db_default=[], size=None),
        ),
        migrations.AddField(
            model_name='touchpoint',
            name='colleagues',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), db_default=[], size=None),
        ),
    ]
