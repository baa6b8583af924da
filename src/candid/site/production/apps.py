"""The room `production`, as Django knows it."""

from django.apps import AppConfig


class ProductionConfig(AppConfig):
    """Named `candid_production`: other packages have rooms of these names too."""

    name = "candid.site.production"
    label = "candid_production"
    default_auto_field = "django.db.models.BigAutoField"
