"""The room `people`, as Django knows it."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """Named `candid_people`: other packages have rooms of these names too."""

    name = "candid.site.people"
    label = "candid_people"
    default_auto_field = "django.db.models.BigAutoField"
