"""Personal links and upload tokens: only what was made with the key opens anything."""

import string

from hypothesis import assume, given
from hypothesis import strategies as st

from candid.site.conversations import links

IDS = st.text(string.ascii_letters + string.digits, min_size=16, max_size=16)
VERSIONS = st.integers(1, 10_000)
TIMES = st.floats(0, 4e9)


@given(IDS, VERSIONS)
def test_a_link_has_the_form_of_the_contract(participant_id, version):
    link = links.link_of(participant_id, version)
    assert links.participant_of(link) == participant_id
    assert len(link.split(".")[1]) == 43


@given(IDS, VERSIONS, IDS, VERSIONS)
def test_a_link_opens_its_own_participant_and_version_alone(one, version, other, later):
    link = links.link_of(one, version)
    assert links.is_link_of(link, other, later) == ((one, version) == (other, later))


@given(IDS, VERSIONS, st.integers(0, 59), st.characters())
def test_a_link_with_any_character_changed_opens_nothing(participant_id, version, place, character):
    link = links.link_of(participant_id, version)
    assume(link[place] != character)
    changed = link[:place] + character + link[place + 1 :]
    claimed = links.participant_of(changed) or participant_id
    assert not links.is_link_of(changed, claimed, version)


@given(st.text())
def test_no_text_that_is_not_a_link_names_anybody(text):
    assume(len(text) != 60)
    assert links.participant_of(text) is None
    assert links.read_upload_token(text, 0) is None


@given(IDS, VERSIONS, TIMES)
def test_a_token_says_whose_it_is_for_thirty_days(participant_id, version, now_s):
    token = links.make_upload_token(participant_id, version, now_s)
    claims = links.read_upload_token(token, now_s + links.UPLOAD_TOKEN_LIFE_S - 1)
    assert claims is not None
    assert (claims.participant_id, claims.link_version) == (participant_id, version)
    assert links.read_upload_token(token, now_s) == claims
    assert links.read_upload_token(token, now_s + links.UPLOAD_TOKEN_LIFE_S) is None


@given(IDS, VERSIONS, TIMES, st.data())
def test_a_token_with_any_claim_changed_is_forged(participant_id, version, now_s, data):
    token = links.make_upload_token(participant_id, version, now_s)
    place = data.draw(st.integers(0, len(token) - 1))
    character = data.draw(st.sampled_from(string.ascii_letters + string.digits + "._-"))
    assume(token[place] != character)
    changed = token[:place] + character + token[place + 1 :]
    assert links.read_upload_token(changed, now_s) is None


@given(IDS, VERSIONS)
def test_the_code_of_a_link_is_no_code_of_a_token(participant_id, version):
    code = links.link_of(participant_id, version).split(".")[1]
    forged = f"{participant_id}.{version}.4000000000.{code}"
    assert links.read_upload_token(forged, 0) is None


def test_another_key_makes_other_links(settings):
    link = links.link_of("a" * 16, 1)
    settings.SECRET_KEY = "another key of sufficient length, made at random"
    assert links.link_of("a" * 16, 1) != link
