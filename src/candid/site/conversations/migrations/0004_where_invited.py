from django.db import migrations, models
from django.db.models import F


def suppose_unchanged(apps, _schema_editor):
    """Take who was invited before to have the link and the address that they were sent."""
    invited = apps.get_model("candid_conversations", "Participant").objects.exclude(invited_at=None)
    invited.update(invited_version=F("link_version"), invited_email=F("email"))


class Migration(migrations.Migration):
    dependencies = [
        ("candid_conversations", "0003_role_grants"),
    ]

    operations = [
        migrations.AddField(
            model_name="participant",
            name="invited_email",
            field=models.EmailField(blank=True, default="", editable=False, max_length=254),
        ),
        migrations.AddField(
            model_name="participant",
            name="invited_version",
            field=models.PositiveIntegerField(editable=False, null=True),
        ),
        migrations.RunPython(suppose_unchanged, migrations.RunPython.noop),
    ]
