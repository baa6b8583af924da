"""The agreement as a participant will see it, before and after it is published."""

from __future__ import annotations

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from candid.site.agreements.models import AgreementText, next_version
from candid.site.conversations.models import DEFAULT_KEEP_DAYS, Conversation, Participant

READ = "candid_agreements.view_agreementtext"


@require_safe
@permission_required(READ, raise_exception=True)
def preview_version(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a version that was published."""
    return _show(request, get_object_or_404(AgreementText, pk=pk))


@require_POST
@permission_required("candid_agreements.add_agreementtext", raise_exception=True)
def preview_draft(request: HttpRequest) -> HttpResponse:
    """Show what stands in the form now; nothing is written."""
    body = request.POST.get("body", "").replace("\r\n", "\n").strip()
    language = request.POST.get("language", "")
    draft = AgreementText(body=body, language=language, version=next_version(language))
    return _show(request, draft)


def _show(request: HttpRequest, text: AgreementText) -> HttpResponse:
    context = {
        "is_preview": True,
        "participant": Participant(name=_("Rosa"), email="rosa@example.org"),
        "conversation": Conversation(title=_("A conversation")),
        "others": [_("Daniel")],
        "text": text,
        "keep_days": DEFAULT_KEEP_DAYS,
    }
    return render(request, "agreements/agreement.html", context)
