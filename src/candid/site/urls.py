"""Which address leads to which room."""

from django.urls import URLPattern, URLResolver, include, path
from wagtail.admin import urls as wagtail_admin

from candid.site.call import views as call
from candid.site.conversations import desk_pages
from candid.site.conversations import views as conversations
from candid.site.people import doors
from candid.site.people import views as people
from candid.site.production import views as production

urlpatterns: list[URLPattern | URLResolver] = [
    path("", people.welcome, name="welcome"),
    path("help/", people.find_help, name="help"),
    path("with/<str:link>/", conversations.arrive, name="arrive"),
    path("with/<str:link>/agreement/", conversations.agreement, name="agreement"),
    path("with/<str:link>/copy/", conversations.agreement_copy, name="agreement_copy"),
    path("with/<str:link>/call/", call.call_page, name="call"),
    path("with/<str:link>/strikes/", call.strikes, name="strikes"),
    path("desk/enter/<str:token>/", doors.enter_desk, name="enter_desk"),
    path("desk/login/", doors.LoginView.as_view()),
    path("desk/logout/", doors.leave_desk),
    path("desk/password/", doors.set_password, name="set_password"),
    path("desk/second-factor/", doors.second_factor, name="second_factor"),
    path("desk/second-factor/set-up/", doors.set_up_second_factor, name="set_up_second_factor"),
    path("desk/password_reset/", doors.PasswordResetView.as_view()),
    path("desk/password_reset/confirm/<uidb64>/<token>/", doors.PasswordResetConfirmView.as_view()),
    path("desk/live/<str:call_id>/", call.live_state, name="live_state"),
    path("desk/film/<slug:call_id>/<str:name>", production.watch, name="watch"),
    # Wagtail's own first page is about websites.
    path("desk/", desk_pages.lead_in),
    path("desk/", include(wagtail_admin)),
]
handler400 = "candid.site.people.views.bad_request"
handler403 = "candid.site.people.views.forbidden"
handler500 = "candid.site.people.views.failed"
handler404 = "candid.site.people.views.not_found"
