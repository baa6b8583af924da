from django.db import migrations, models


def take_back_the_default(apps, _schema_editor):
    """Take everybody's language to be the studio's: nobody could choose one before."""
    apps.get_model("candid_conversations", "Participant").objects.update(language="")


class Migration(migrations.Migration):
    dependencies = [
        ("candid_conversations", "0004_where_invited"),
    ]

    operations = [
        migrations.AlterField(
            model_name="participant",
            name="language",
            field=models.CharField(blank=True, default="", max_length=12, verbose_name="language"),
        ),
        migrations.RunPython(take_back_the_default, migrations.RunPython.noop),
    ]
