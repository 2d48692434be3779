"""Since when a company has tickets is one look into an index, however many there are: each score asks it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("health", "0006_statistics")]

    operations = [
        migrations.AddIndex(
            model_name="ticket", index=models.Index(fields=["tenant", "known_on"], name="ticket_known")
        ),
    ]
