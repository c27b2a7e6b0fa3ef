"""Minutes, series and what is sealed, under real parallel writers; and what is erased while the keys change stays erased."""

from __future__ import annotations

import pytest
from django.utils import timezone

from dialogue_sessions import contacts, privacy, question_privacy, services
from dialogue_sessions.models import Correction, Minutes, Question, ReceptionCase, Registration, Series, Signature
from dialogue_sessions.series_changes import OWN, SHARED, Whom, Wish, change, standing, to_come
from dialogue_sessions.services import minutes as records
from dialogue_sessions.services import reception
from safeguards.models import Event
from tests.organisation import factories
from tests.racing import at_once, failures, locks_off, meanwhile

from .asking import fresh, opened, received, unit_with_voters
from .making import open_pool
from .promising import circulated, held_session, minutes_of
from .test_minutes import attended_session
from .visiting import typed

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 12
PHONE = "0912345678"


def proposing():
    """Minutes that are circulated, and somebody who may propose corrections."""
    session, who = attended_session()
    return circulated(session), who


def propose_all(draft, who, number=THREADS):
    return at_once([lambda n=n: services.propose(draft, who, None, f"Không đúng {n}.") for n in range(number)], number)


# ── Minutes ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_corrections_that_one_person_proposes_at_once_share_one_limit(monkeypatch):
    monkeypatch.setattr(records, "MOST_OPEN", 3)
    draft, who = proposing()
    done = propose_all(draft, who)
    assert [type(error) for error in failures(done)] == [services.SessionError] * (THREADS - 3)
    assert Correction.objects.filter(registration=who).count() == 3


def test_without_the_lock_of_the_minutes_more_are_proposed(monkeypatch):
    """The negative control. Ten tries, since chance decides."""
    monkeypatch.setattr(records, "MOST_OPEN", 3)
    locks_off(monkeypatch, Minutes)
    for _ in range(10):
        draft, who = proposing()
        propose_all(draft, who)
        if Correction.objects.filter(registration=who).count() > 3:
            return
    raise AssertionError("the limit held without the lock")


def test_two_who_decide_one_correction_at_once_decide_it_once():
    draft, who = proposing()
    row = services.propose(draft, who, None, "Ông ấy không nói vậy.")
    done = at_once(
        [lambda n=n: services.decide(row, accept=n % 2 == 0, public_text="Đã sửa.", reason="Theo băng ghi.", actor=None) for n in range(THREADS)],
        THREADS,
    )
    assert [type(error) for error in failures(done)] == [services.WrongState] * (THREADS - 1)
    assert Event.objects.filter(kind__in=["dialogue_sessions.correction_accepted", "dialogue_sessions.correction_rejected"]).count() == 1


def summarise(draft):
    return at_once([lambda n=n: services.save_summary(draft, f"Bản {n}", "", draft.version, None) for n in range(THREADS)], THREADS)


def test_of_those_who_write_one_summary_at_once_one_does():
    draft = minutes_of()
    done = summarise(draft)
    assert [type(error) for error in failures(done)] == [services.Stale] * (THREADS - 1)
    assert fresh(draft).version == draft.version + 1


def test_without_the_lock_one_summary_is_written_over_another(monkeypatch):
    locks_off(monkeypatch, Minutes)
    for _ in range(10):
        if len(failures(summarise(minutes_of()))) < THREADS - 1:
            return
    raise AssertionError("nothing was written over without the lock")


def test_minutes_that_are_begun_at_once_are_one():
    session = held_session()
    done = at_once([lambda: services.begin_minutes(session, None) for _ in range(THREADS)], THREADS)
    assert {found.pk for found in done} == {Minutes.objects.get(session=session).pk}


# ── A series ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def series(number):
    return Series.objects.create(unit=factories.ward(f"Phường Chuỗi {number}"), kind="appointment", title="Hẹn", slug=f"hen-{number}")


def renamed(row, title):
    now = standing(row, to_come(row, timezone.now()))
    found = {**now.own, **now.shared, "title": title}
    return Wish({name: found[name] for name in (*OWN, *SHARED)}, {}, Whom.NONE)


def rename_all(row):
    wishes = [renamed(row, f"Hẹn {number}") for number in range(THREADS)]
    seen = [change(row, wish, []).seen for wish in wishes]
    return at_once(
        [lambda wish=wish, seal=seal: services.edit_series(row, wish, None, seen=seal) for wish, seal in zip(wishes, seen, strict=True)], THREADS
    )


def test_of_those_who_change_a_series_without_sessions_at_once_one_does():
    row = series(1)
    done = rename_all(row)
    assert [type(error) for error in failures(done)] == [services.Stale] * (THREADS - 1)
    assert Event.objects.filter(kind="dialogue_sessions.series_changed").count() == 1


def test_without_the_lock_of_the_series_one_change_is_lost(monkeypatch):
    locks_off(monkeypatch, Series)
    for number in range(10):
        if len(failures(rename_all(series(number)))) < THREADS - 1:
            return
    raise AssertionError("nothing was lost without the lock")


# ── What is erased while the keys change ──────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def new_key(settings):
    """Everything that was sealed before is to be written anew. Call it once the rows are there."""

    def change():
        settings.FIELD_KEY_FALLBACKS = [settings.FIELD_KEY]
        settings.FIELD_KEY = "một khóa mới đủ dài cho mọi người thử"  # pragma: allowlist secret

    return change


@pytest.fixture
def in_the_middle(monkeypatch):
    """Let somebody else do something between the reading of a row and its writing; they wait for no lock, and come again afterwards."""

    def arrange(owner, name, act):
        reads, came = getattr(owner, name), []

        def read(*args, **kwargs):
            if not came:
                came.append(None)
                came[0] = meanwhile(act)
            return reads(*args, **kwargs)

        monkeypatch.setattr(owner, name, read)

        def again():
            assert came, "nobody came in the middle"
            if isinstance(came[0], Exception):
                act()

        return again

    return arrange


def test_who_is_forgotten_while_the_keys_change_stays_forgotten(new_key, in_the_middle):
    row = services.confirm(services.hold(open_pool(2), typed(PHONE)))
    new_key()
    again = in_the_middle(contacts, "resealed", lambda: Registration.objects.filter(pk=row.pk, forgotten_at=None).update(
        name_sealed="", contact_sealed="", contact_hmac="", forgotten_at=timezone.now()
    ))  # fmt: skip
    privacy.rewrap()
    again()
    now = fresh(row)
    assert (now.name_sealed, now.contact_sealed, now.contact_hmac) == ("", "", "")


def test_a_question_that_is_erased_while_the_keys_change_stays_erased(new_key, in_the_middle):
    asked = received()
    new_key()
    again = in_the_middle(Question, "write", lambda: Question.objects.filter(pk=asked.pk).update(text_sealed="", forgotten_at=timezone.now()))
    question_privacy.rewrap()
    again()
    assert fresh(asked).text_sealed == ""


def test_a_name_that_is_erased_from_a_request_while_the_keys_change_stays_erased(new_key, in_the_middle):
    row = opened(unit_with_voters(1000)).signatures.get()
    new_key()
    again = in_the_middle(Signature, "write", lambda: Signature.objects.filter(pk=row.pk).update(name_sealed=""))
    question_privacy.rewrap()
    again()
    assert fresh(row).name_sealed == ""


def test_a_proposed_correction_that_is_erased_while_the_keys_change_stays_erased(new_key, in_the_middle):
    draft, who = proposing()
    row = services.propose(draft, who, None, "Tôi tên Kín, tôi không nói vậy.")
    new_key()
    again = in_the_middle(
        records.encryption, "is_current", lambda: Correction.objects.filter(pk=row.pk).update(proposed_sealed="", registration=None)
    )
    records.rewrap()
    again()
    assert fresh(row).proposed_sealed == ""


def test_a_case_that_is_erased_while_the_keys_change_stays_erased(new_key, in_the_middle):
    case = services.save_case(ReceptionCase(session=held_session()), "Bà Kín hỏi đất.", "", None)
    new_key()
    erase = ReceptionCase.objects.filter(pk=case.pk).update
    again = in_the_middle(reception.encryption, "is_current", lambda: erase(sealed="", registration=None))
    reception.rewrap()
    again()
    assert fresh(case).sealed == ""
