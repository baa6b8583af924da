"""Which address leads to which room."""

from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView
from wagtail.admin import urls as wagtail_admin

from candid.site.call import views as call
from candid.site.conversations import views as conversations
from candid.site.people import views as people

urlpatterns: list[URLPattern | URLResolver] = [
    path("", people.welcome, name="welcome"),
    path("help/", people.find_help, name="help"),
    path("with/<str:link>/", conversations.arrive, name="arrive"),
    path("with/<str:link>/agreement/", conversations.agreement, name="agreement"),
    path("with/<str:link>/call/", call.call_page, name="call"),
    path("desk/enter/<str:token>/", people.enter_desk, name="enter_desk"),
    path("desk/live/<str:call_id>/", call.live_state, name="live_state"),
    # Wagtail's own first page is about websites.
    path("desk/", RedirectView.as_view(pattern_name="conversations:index")),
    path("desk/", include(wagtail_admin)),
]
handler404 = "candid.site.people.views.not_found"
