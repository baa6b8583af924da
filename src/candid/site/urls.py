"""Which address leads to which room."""

from django.urls import URLPattern, URLResolver, include, path
from wagtail.admin import urls as wagtail_admin

urlpatterns: list[URLPattern | URLResolver] = [
    path("desk/", include(wagtail_admin)),
]
