"""The ledger: a chain in which every change is found."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from hypothesis import assume, given
from hypothesis import strategies as st

from candid.commands.ledger_check import read_ledger
from candid.site.agreements import actions, ledger
from candid.site.agreements.models import AgreementText, AppendOnlyError, LedgerEntry

FACTS = st.dictionaries(st.text(max_size=8), st.text(max_size=8) | st.integers(), max_size=3)
STEPS = st.tuples(st.text(max_size=10), st.text(max_size=10), FACTS)


def chain_of(steps):
    chain, previous = [], ledger.FIRST_PREVIOUS
    for sequence, (kind, subject, facts) in enumerate(steps, 1):
        written = ledger.write_facts(facts)
        at = f"2026-03-12T18:30:{sequence:02}+00:00"
        link = ledger.Link(sequence, at, kind, subject, written, previous, "")
        link = dataclasses.replace(link, sha256=ledger.hash_link(link))
        chain.append(link)
        previous = link.sha256
    return chain


CHAINS = st.lists(STEPS, min_size=1, max_size=6).map(chain_of)


@given(CHAINS)
def test_an_untouched_chain_has_no_faults(chain):
    assert ledger.find_faults(chain) == []
    assert ledger.find_faults(chain, chain[-1].sha256) == []


@given(CHAINS, st.data())
def test_any_change_of_any_field_of_any_entry_is_found(chain, data):
    at = data.draw(st.integers(0, len(chain) - 1))
    name = data.draw(st.sampled_from([field.name for field in dataclasses.fields(ledger.Link)]))
    old = getattr(chain[at], name)
    new = data.draw(st.integers() if isinstance(old, int) else st.text())
    assume(new != old)
    changed = [*chain]
    changed[at] = dataclasses.replace(chain[at], **{name: new})
    assert ledger.find_faults(changed) != []


@given(CHAINS, st.data())
def test_a_changed_entry_with_its_hash_made_anew_is_found_by_the_next_or_the_noted_head(
    chain, data
):
    at = data.draw(st.integers(0, len(chain) - 1))
    forged = dataclasses.replace(chain[at], subject=chain[at].subject + "x")
    forged = dataclasses.replace(forged, sha256=ledger.hash_link(forged))
    changed = [*chain[:at], forged, *chain[at + 1 :]]
    assert ledger.find_faults(changed, chain[-1].sha256) != []


@given(CHAINS, st.data())
def test_a_removed_entry_is_found(chain, data):
    at = data.draw(st.integers(0, len(chain) - 1))
    assert ledger.find_faults(chain[:at] + chain[at + 1 :], chain[-1].sha256) != []


@given(CHAINS, st.data())
def test_two_entries_that_changed_places_are_found(chain, data):
    assume(len(chain) > 1)
    at = data.draw(st.integers(0, len(chain) - 2))
    swapped = [*chain[:at], chain[at + 1], chain[at], *chain[at + 2 :]]
    assert ledger.find_faults(swapped) != []


def test_a_signature_holds_name_version_time_and_hash_of_the_text(db):
    text = actions.load_first_text()
    entry = actions.sign("rosa", "Rosa Field", text)
    assert f'"text_sha256":"{text.sha256}"' in entry.facts
    assert '"name":"Rosa Field"' in entry.facts
    assert '"version":1' in entry.facts
    assert entry.at.endswith("+00:00")
    assert actions.standing_of("rosa") == "signed"


def test_signing_twice_is_signing_once(db):
    text = actions.load_first_text()
    first = actions.sign("rosa", "Rosa Field", text)
    assert actions.sign("rosa", "R. Field", text).pk == first.pk
    assert LedgerEntry.objects.count() == 1


def test_a_button_that_is_pressed_twice_signs_once(transactional_db):
    text = actions.load_first_text()

    def press(_time):
        try:
            actions.sign("rosa", "Rosa Field", text)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(press, range(8)))
    assert LedgerEntry.objects.count() == 1


def test_who_declined_may_still_sign(db):
    text = actions.load_first_text()
    actions.decline("rosa", text)
    assert actions.standing_of("rosa") == "declined"
    actions.sign("rosa", "Rosa Field", text)
    assert actions.standing_of("rosa") == "signed"


def test_a_changed_row_of_the_database_is_found(db):
    text = actions.load_first_text()
    for name in ("rosa", "daniel", "amina"):
        actions.sign(name, name.title(), text)
    assert actions.verify_ledger() == []
    LedgerEntry.objects.filter(sequence=2).update(subject="somebody else")
    assert [fault.sequence for fault in actions.verify_ledger()] == [2]


def test_an_end_that_was_cut_off_is_found_with_a_copy(db):
    text = actions.load_first_text()
    actions.sign("rosa", "Rosa", text)
    copy = actions.sign("daniel", "Daniel", text)
    LedgerEntry.objects.filter(sequence=2).delete()
    assert actions.verify_ledger() == []
    assert actions.verify_ledger(copy.sha256) != []


def test_the_doctor_reads_the_ledger_and_says_where_it_was_changed(db):
    text = actions.load_first_text()
    entries = [actions.sign(name, name.title(), text) for name in ("rosa", "daniel")]
    found = read_ledger()
    assert (found.is_well, found.detail) == (True, "2 entries, each as it was written")
    LedgerEntry.objects.filter(sequence=1).update(subject="somebody else")
    found = read_ledger(entries[1].sha256)
    assert (found.is_well, found.detail) == (False, "entry 1: was changed after it was written")


def test_the_doctor_misses_an_entry_that_somebody_has_a_copy_of(db):
    text = actions.load_first_text()
    actions.sign("rosa", "Rosa", text)
    copy = actions.sign("daniel", "Daniel", text)
    assert "the noted one among them" in read_ledger(f" {copy.sha256.upper()}").detail
    LedgerEntry.objects.filter(sequence=2).delete()
    assert read_ledger().is_well
    assert "the noted entry is not in the ledger" in read_ledger(copy.sha256).detail


def test_no_row_is_changed_or_removed(db):
    text = actions.load_first_text()
    entry = actions.sign("rosa", "Rosa", text)
    for row in (text, entry):
        with pytest.raises(AppendOnlyError):
            row.save()
        with pytest.raises(AppendOnlyError):
            row.delete()


def test_a_new_text_is_a_new_version_and_the_old_one_stays(db):
    first = actions.load_first_text()
    second = actions.publish_text("Another point\nIn other words.")
    assert (first.version, second.version) == (1, 2)
    assert second.points == [("Another point", "In other words.")]
    assert AgreementText.objects.get(version=1).body == first.body


def test_many_who_write_at_once_make_one_whole_chain(transactional_db):
    def write(who):
        try:
            for step in range(5):
                actions.append_entry("step", who, {"step": step})
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, ["rosa", "daniel", "amina", "tom"]))
    assert LedgerEntry.objects.count() == 20
    assert actions.verify_ledger() == []
