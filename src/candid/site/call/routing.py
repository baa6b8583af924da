"""Addresses of the live channel."""

from django.urls import URLPattern, path, re_path

from candid.site.call.consumers import LiveConsumer, Nowhere

websocket_urlpatterns: list[URLPattern] = [
    path("with/<str:link>/live", LiveConsumer.as_asgi()),
    re_path("", Nowhere.as_asgi()),
]
