"""Facts that a rule wrote."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("health", "0008_score_joins_account"),
    ]

    operations = [
        migrations.AlterField(
            model_name="heldticket",
            name="source",
            field=models.CharField(
                choices=[("import", "Import"), ("api", "API"), ("member", "Person"), ("rule", "Rule")], max_length=8
            ),
        ),
        migrations.AlterField(
            model_name="outcome",
            name="source",
            field=models.CharField(
                choices=[("import", "Import"), ("api", "API"), ("member", "Person"), ("rule", "Rule")], max_length=8
            ),
        ),
        migrations.AlterField(
            model_name="survey",
            name="source",
            field=models.CharField(
                choices=[("import", "Import"), ("api", "API"), ("member", "Person"), ("rule", "Rule")], max_length=8
            ),
        ),
        migrations.AlterField(
            model_name="ticket",
            name="source",
            field=models.CharField(
                choices=[("import", "Import"), ("api", "API"), ("member", "Person"), ("rule", "Rule")], max_length=8
            ),
        ),
        migrations.AlterField(
            model_name="ticketchange",
            name="source",
            field=models.CharField(
                choices=[("import", "Import"), ("api", "API"), ("member", "Person"), ("rule", "Rule")], max_length=8
            ),
        ),
        migrations.AlterField(
            model_name="touchpoint",
            name="source",
            field=models.CharField(
                choices=[("import", "Import"), ("api", "API"), ("member", "Person"), ("rule", "Rule")], max_length=8
            ),
        ),
    ]
