import datetime as dt
import zoneinfo

from django.db import migrations, models


def suppose_sent(apps, _schema_editor):
    """Take the calendars of who was invited before to show the time that is set now."""
    people = apps.get_model("candid_conversations", "Participant").objects
    for one in people.exclude(invited_at=None).select_related("conversation"):
        held = one.conversation
        if held.starts_on is not None and held.starts_at is not None:
            zone = zoneinfo.ZoneInfo(held.time_zone)
            one.invited_start = dt.datetime.combine(held.starts_on, held.starts_at, zone)
            one.save(update_fields=["invited_start"])


class Migration(migrations.Migration):
    dependencies = [
        ("candid_conversations", "0005_languages"),
    ]

    operations = [
        migrations.AddField(
            model_name="participant",
            name="invited_start",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="participant",
            name="n_entries_cancelled",
            field=models.PositiveSmallIntegerField(default=0, editable=False),
        ),
        migrations.RunPython(suppose_sent, migrations.RunPython.noop),
    ]
