"""The room `call`, as Django knows it."""

from django.apps import AppConfig


class CallConfig(AppConfig):
    """Named `candid_call`: other packages have rooms of these names too."""

    name = "candid.site.call"
    label = "candid_call"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to what the conversations tell."""
        from candid.site.call import listeners

        listeners.connect()
