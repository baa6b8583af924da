"""The room `recording`, as Django knows it."""

from django.apps import AppConfig


class RecordingConfig(AppConfig):
    """Named `candid_recording`: other packages have rooms of these names too."""

    name = "candid.site.recording"
    label = "candid_recording"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to what happens in a call."""
        from candid.site.recording import listeners

        listeners.connect()
