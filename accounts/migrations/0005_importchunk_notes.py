from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_import_options"),
    ]

    operations = [
        migrations.AddField(model_name="importchunk", name="notes", field=models.JSONField(null=True)),
    ]
