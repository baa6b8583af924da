"""The room `conversations`, as Django knows it."""

from django.apps import AppConfig


class ConversationsConfig(AppConfig):
    """Named `candid_conversations`: other packages have rooms of these names too."""

    name = "candid.site.conversations"
    label = "candid_conversations"
    default_auto_field = "django.db.models.BigAutoField"
