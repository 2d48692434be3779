"""The accounts list sorted by how long somebody has been a customer is a range of an index, like the other orders."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_importchunk_notes")]

    operations = [
        migrations.AddIndex(
            model_name="account",
            index=models.Index(fields=["tenant", "-customer_since", "id"], name="account_by_since"),
        ),
    ]
