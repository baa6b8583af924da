"""The room `agreements`, as Django knows it."""

from django.apps import AppConfig


class AgreementsConfig(AppConfig):
    """Named `candid_agreements`: other packages have rooms of these names too."""

    name = "candid.site.agreements"
    label = "candid_agreements"
    default_auto_field = "django.db.models.BigAutoField"
