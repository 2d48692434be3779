"""A score knows its account, to be joined with it; the table stays as it is."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("health", "0007_ticket_known"),
    ]

    operations = [
        migrations.AddField(
            model_name="healthscore",
            name="account",
            field=models.ForeignObject(
                from_fields=["account_id"],
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="scores",
                to="accounts.account",
                to_fields=["id"],
            ),
        ),
    ]
