"""The desk's forms: plain fields, since a page here runs no script of its own inside its text."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from candid.site.agreements.actions import publish_text
from candid.site.agreements.models import AgreementText, current_text, languages_offered
from candid.site.conversations.actions import has_agreed, save_conversation, save_guide
from candid.site.conversations.models import (
    FEWEST_PARTICIPANTS,
    MOST_PARTICIPANTS,
    Campaign,
    Conversation,
    Guide,
    Participant,
)
from candid.site.environment import time_zones


def name_language(code: str) -> str:
    """Return how a language is called; the code itself where it is none that we know."""
    name = dict(settings.LANGUAGES).get(code)
    return gettext(name) if name else code


def _own_agreement(known: Participant) -> str:
    return gettext(
        "%(name)s has agreed, and that holds for nobody else. Take %(name)s out and add the other"
        " person, or change the name alone."
    ) % {"name": known.name}


class ConversationForm(forms.ModelForm):
    """A conversation and its two to four participants, a row of fields each."""

    class Meta:
        model = Conversation
        fields = ["title", "starts_on", "starts_at", "time_zone", "minutes", "guide", "campaigns"]
        widgets = {
            "starts_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "starts_at": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "campaigns": forms.CheckboxSelectMultiple,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones = [(zone, zone) for zone in time_zones()]
        self.fields["time_zone"].widget = forms.Select(choices=zones)
        self._known = list(self.instance.participants.all()) if self.instance.pk else []
        theirs = [one.read_language for one in self._known]
        self._languages = list(dict.fromkeys([*languages_offered(), *theirs]))
        for row in range(MOST_PARTICIPANTS):
            self._add_row(row, self._known[row] if row < len(self._known) else None)
        self.fields["known"] = forms.CharField(
            widget=forms.HiddenInput,
            required=False,
            initial=" ".join(one.participant_id for one in self._known),
        )
        of_people = ("name_", "email_", "language_")
        people = [name for name in self.fields if name.startswith(of_people)]
        self.order_fields(["title", *people])
        if not self.instance.pk:
            self.fields["guide"].initial = Guide.objects.order_by("pk").first()
        if not Campaign.objects.exists():
            # Nothing to choose from; a campaign is added in its own list.
            del self.fields["campaigns"]

    def _add_row(self, row: int, known: Participant | None) -> None:
        is_required = row < FEWEST_PARTICIPANTS or known is not None
        self.fields[f"name_{row}"] = forms.CharField(
            label=_("Participant %(number)s: name") % {"number": row + 1},
            max_length=120,
            required=is_required,
            initial=known.name if known else "",
            help_text=_("As the other will see it.") if row == 0 else "",
        )
        self.fields[f"email_{row}"] = forms.EmailField(
            label=_("Participant %(number)s: e-mail") % {"number": row + 1},
            required=False,
            initial=known.email if known else "",
        )
        if len(self._languages) > 1:
            self._add_language(row, known)

    def _add_language(self, row: int, known: Participant | None) -> None:
        self.fields[f"language_{row}"] = forms.ChoiceField(
            label=_("Participant %(number)s: language") % {"number": row + 1},
            choices=[(code, name_language(code)) for code in self._languages],
            required=False,
            initial=known.read_language if known else None,
            help_text=_("Of the agreement and of letters.") if row == 0 else "",
        )

    def clean(self) -> dict[str, Any]:
        """Refuse an address without a name, and rows that were those of other people."""
        cleaned: dict[str, Any] = super().clean()
        if cleaned.get("known", "") != self.fields["known"].initial:
            # A row without its own person would give somebody's link another's name.
            raise forms.ValidationError(
                _("Somebody was added or taken out meanwhile. Open the page once more.")
            )
        for row in range(MOST_PARTICIPANTS):
            if cleaned.get(f"email_{row}") and not cleaned.get(f"name_{row}"):
                self.add_error(f"name_{row}", _("Give a name too."))
        for row, known in enumerate(self._known):
            if {f"name_{row}", f"email_{row}"} <= set(self.changed_data) and has_agreed(known):
                # A signature is somebody's own: nobody else may come in under it.
                self.add_error(f"name_{row}", _own_agreement(known))
        return cleaned

    def save(self, commit: bool = True) -> Conversation:
        """Write all of it as one action."""
        conversation = super().save(commit=False)
        people = [person for row in range(MOST_PARTICIPANTS) if (person := self._read_row(row))]
        conversation.participants = people
        if "campaigns" in self.cleaned_data:
            conversation.campaigns = self.cleaned_data["campaigns"]
        save_conversation(conversation)
        return conversation

    def _read_row(self, row: int) -> Participant | None:
        name, email = self.cleaned_data[f"name_{row}"], self.cleaned_data[f"email_{row}"]
        if not name:
            return None
        person = self._known[row] if row < len(self._known) else Participant()
        person.name, person.email, person.sort_order = name, email, row
        person.language = self.cleaned_data.get(f"language_{row}") or person.language
        return person


class GuideForm(forms.ModelForm):
    """A guide: a name, and a question a line."""

    questions = forms.CharField(
        label=_("Questions"),
        widget=forms.Textarea,
        help_text=_(
            "One on each line. Conversations that were held already keep the questions they had."
        ),
    )

    class Meta:
        model = Guide
        fields = ["name"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            texts = [question.text for question in self.instance.questions.all()]
            self.fields["questions"].initial = "\n".join(texts)

    def clean_questions(self) -> list[str]:
        """Return the questions, without empty lines."""
        texts = [" ".join(line.split()) for line in self.cleaned_data["questions"].splitlines()]
        if any(len(text) > 400 for text in texts):
            raise forms.ValidationError(_("A question has at most 400 letters."))
        return [text for text in texts if text]

    def save(self, commit: bool = True) -> Guide:
        """Write all of it as one action."""
        guide = super().save(commit=False)
        save_guide(guide, self.cleaned_data["questions"])
        return guide


class AgreementForm(forms.ModelForm):
    """The next version of the agreement."""

    language = forms.ChoiceField(label=_("Language"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = sorted((name_language(code), code) for code, _name in settings.LANGUAGES)
        self.fields["language"].choices = [(code, name) for name, code in names]
        current = current_text(settings.LANGUAGE_CODE)
        if current is not None:
            # Most versions change a sentence of the one before.
            self.fields["body"].initial = current.body
            self.fields["language"].initial = current.language

    class Meta:
        model = AgreementText
        fields = ["language", "body"]
        help_texts = {
            "body": _("Points with an empty line between them; the first line is the heading.")
        }

    def save(self, commit: bool = True) -> AgreementText:
        """Publish it; who has signed an older one stays with that."""
        return publish_text(self.cleaned_data["body"], self.cleaned_data["language"])
