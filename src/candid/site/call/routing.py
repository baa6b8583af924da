"""Addresses of the live channel."""

from django.urls import URLPattern, path

from candid.site.call.consumers import LiveConsumer

websocket_urlpatterns: list[URLPattern] = [
    path("with/<str:link>/live", LiveConsumer.as_asgi()),
]
