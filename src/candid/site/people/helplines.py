"""The desk's tables of helplines and countries. What nobody vouches for is said everywhere."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import ProtectedError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin.menu import SubmenuMenuItem
from wagtail.admin.ui.tables import Column
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet, ModelViewSetGroup

from candid.site.people.models import HelpCountry, Helpline


def count_unvouched() -> int:
    """Return how many helplines nobody vouches for today."""
    today = timezone.localdate()
    vouched = Helpline.objects.filter(expires_on__gte=today, verified_on__isnull=False)
    return Helpline.objects.count() - vouched.exclude(verified_by="").count()


def warn_of(count: int) -> str:
    """Say how many are to be verified, and what the public sees meanwhile."""
    return ngettext(
        "%(count)d helpline is to be verified. Until then the public sees its website and the "
        "emergency number, and no telephone number.",
        "%(count)d helplines are to be verified. Until then the public sees their websites and "
        "the emergency number, and no telephone numbers.",
        count,
    ) % {"count": count}


class HelplineForm(forms.ModelForm):
    """A row, as an editor fills it."""

    website, source = (
        forms.URLField(
            label=Helpline._meta.get_field(name).verbose_name,
            help_text=Helpline._meta.get_field(name).help_text,
            required=name == "website",
            assume_scheme="https",
        )
        for name in ("website", "source")
    )

    class Meta:
        model = Helpline
        fields = [
            "country",
            "service",
            "for_whom",
            "telephone",
            "text",
            "website",
            "hours",
            "languages",
            "source",
            "verified_by",
            "verified_on",
            "expires_on",
        ]
        widgets = {
            name: forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            for name in ("verified_on", "expires_on")
        }


class HelplineIndexView(generic.IndexView):
    """All rows, and a warning while one is to be verified."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show them."""
        count = count_unvouched()
        if count and not self.results_only:
            messages.warning(request, warn_of(count))
        return super().get(request, *args, **kwargs)

    def get_base_queryset(self) -> Any:
        """Ask for the countries with them, not one by one."""
        return super().get_base_queryset().select_related("country")


class HelplineViewSet(ModelViewSet):
    """Helplines: what the page with signposts says."""

    model = Helpline
    name = "helplines"
    icon = "help"
    index_view_class = HelplineIndexView
    add_to_reference_index = False
    copy_view_enabled = False
    search_backend_name = None
    search_fields = ["service"]
    list_display = [
        "service",
        Column("country", label=gettext_lazy("Country")),
        Column("telephone", label=gettext_lazy("Telephone")),
        Column("standing", label=gettext_lazy("Can it be relied on?")),
    ]

    def get_form_class(self, for_update: bool = False) -> type:
        """Return our own form."""
        return HelplineForm


class CountryDeleteView(generic.DeleteView):
    """Remove a country; refused while helplines are listed for it."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Remove it, or say what stands in the way."""
        try:
            return super().post(request, *args, **kwargs)
        except ProtectedError:
            words = _("Helplines are listed for %(country)s. Remove those first, and then it.")
            messages.error(request, words % {"country": self.object})
            return redirect("helplines:index")


class CountryViewSet(ModelViewSet):
    """Countries, with their emergency numbers."""

    model = HelpCountry
    name = "help-countries"
    icon = "globe"
    delete_view_class = CountryDeleteView
    form_fields = ["name", "emergency_number"]
    list_display = ["name", "emergency_number"]
    add_to_reference_index = False
    copy_view_enabled = False
    search_backend_name = None
    search_fields = ["name"]


class _WarningItem(SubmenuMenuItem):
    """Says beside its name how many rows are to be verified, on every page of the desk."""

    def render_component(self, request: HttpRequest) -> Any:
        component = super().render_component(request)
        count = count_unvouched()
        if count:
            words = ngettext("Verify %(count)d signpost", "Verify %(count)d signposts", count)
            component.label = words % {"count": count}
        return component


class HelpSection(ModelViewSetGroup):
    """Both under one word in the menu."""

    menu_label = gettext_lazy("Signposts")
    menu_icon = "help"
    menu_order = 300
    items = (HelplineViewSet, CountryViewSet)

    def get_menu_item(self, order: int | None = None) -> _WarningItem:
        """Return the item of the menu."""
        made = super().get_menu_item(order)
        return _WarningItem(
            made.label, made.menu, name=made.name, icon_name=made.icon_name, order=made.order
        )
