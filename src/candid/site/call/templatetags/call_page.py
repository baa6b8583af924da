"""What the call page's template asks for."""

from __future__ import annotations

from django import template

from candid.site.call.words import call_words

register = template.Library()
register.simple_tag(call_words)
