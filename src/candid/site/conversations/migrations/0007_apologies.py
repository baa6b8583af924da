from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def suppose_told(apps, _schema_editor):
    """Take everybody to have heard of what was called off before."""
    conversations = apps.get_model("candid_conversations", "Conversation").objects
    of_it = conversations.filter(pk=OuterRef("conversation_id")).values("ended_at")
    people = apps.get_model("candid_conversations", "Participant").objects
    people.filter(conversation__is_called_off=True).update(apologised_at=Subquery(of_it))


class Migration(migrations.Migration):
    dependencies = [
        ("candid_conversations", "0006_entries_sent"),
    ]

    operations = [
        migrations.AddField(
            model_name="participant",
            name="apologised_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.RunPython(suppose_told, migrations.RunPython.noop),
    ]
