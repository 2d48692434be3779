"""Asks and requests in the order of their last change, as the API reads them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("advocacy", "0001_the_motion")]

    operations = [
        migrations.AddIndex(
            model_name="ask",
            index=models.Index(fields=["tenant", "updated_at", "id"], name="ask_by_update"),
        ),
        migrations.AddIndex(
            model_name="referencerequest",
            index=models.Index(fields=["tenant", "updated_at", "id"], name="reference_by_update"),
        ),
    ]
