"""Facts that renewals and deals wrote."""

from django.db import migrations, models

SOURCES = [
    ("import", "Import"), ("api", "API"), ("member", "Person"), ("rule", "Rule"), ("renewal", "Renewal"), ("deal", "Expansion deal"),
]  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [
        ("health", "0010_derived_rows_unchecked"),
    ]

    operations = [
        migrations.AlterField(
            model_name="ticket",
            name="source",
            field=models.CharField(choices=SOURCES, max_length=8),
        ),
        migrations.AlterField(
            model_name="ticketchange",
            name="source",
            field=models.CharField(choices=SOURCES, max_length=8),
        ),
        migrations.AlterField(
            model_name="heldticket",
            name="source",
            field=models.CharField(choices=SOURCES, max_length=8),
        ),
        migrations.AlterField(
            model_name="touchpoint",
            name="source",
            field=models.CharField(choices=SOURCES, max_length=8),
        ),
        migrations.AlterField(
            model_name="survey",
            name="source",
            field=models.CharField(choices=SOURCES, max_length=8),
        ),
        migrations.AlterField(
            model_name="outcome",
            name="source",
            field=models.CharField(choices=SOURCES, max_length=8),
        ),
    ]
