"""What is typed when somebody registers, and what an office writes of a session, runs in no browser: not on public pages, not at the
counter, not at the door (acceptance B10)."""

from __future__ import annotations

import pytest

from dialogue_sessions import services
from dialogue_sessions.contacts import applicant
from dialogue_sessions.enums import PoolKind
from dialogue_sessions.models import PriorityGroup, Registration
from dialogue_sessions.services import Seats
from dialogue_sessions.tickets import ticket_token
from organisation.models import today
from safeguards.models import User
from tests.dialogue_sessions.making import DAY, HOUR, open_session

from .test_questions import sign_in
from .test_xss import PAYLOADS, ran

pytestmark = [pytest.mark.django_db, pytest.mark.browser, pytest.mark.accepts("B10")]
EVERY = "\n".join(PAYLOADS)


@pytest.fixture
def session():
    """A session with the corpus in every text of its own, and somebody registered under each payload."""
    PriorityGroup.objects.create(code="uu-tien", name=PAYLOADS[10][:150], name_en=PAYLOADS[0][:150], rank=1, valid_from=today() - DAY)
    seats = [Seats(40, PoolKind.HALL, name=PAYLOADS[1][:120]), Seats(40, PoolKind.VILLAGE, village=PAYLOADS[0][:80]), Seats(9, PoolKind.WALK_IN)]
    made = open_session(
        seats=seats, title=PAYLOADS[10][:200], title_en=PAYLOADS[5][:200], subjects=EVERY, accessibility=EVERY, place=PAYLOADS[11][:250],
    )  # fmt: skip
    hall = made.pools.select_related("session__series").get(kind=PoolKind.HALL)
    for number, payload in enumerate(PAYLOADS[:36]):
        who = applicant(payload[:120], "", "", village=PAYLOADS[number + 20][:120], subject=PAYLOADS[number + 10][:300])
        services.hold(hall, who, source="clerk")
    services.move_session(made, made.starts_at + HOUR, made.ends_at + HOUR, PAYLOADS[0] + PAYLOADS[10], None)
    made.refresh_from_db()
    return made


def test_public_pages_of_a_session_and_of_a_place(visit, session):
    place = Registration.objects.order_by("pk")[0]
    slug = f"/lich/{session.slug}/"
    opened = visit()
    pages = [
        "/", "/lich/", "/lich/?xem=danh-sach", "/lich/?xem=tuan", slug, f"/en{slug}", f"{slug}to-roi/", f"{slug}dang-ky/", f"/en{slug}dang-ky/",
        f"{slug}cho/{ticket_token(place)}/", f"/en{slug}cho/{ticket_token(place)}/", f"{slug}cho/{ticket_token(place)}/huy/",
    ]  # fmt: skip
    for address in pages:
        assert opened.open(address).status == 200, address
        opened.page.evaluate("document.querySelectorAll('details').forEach(e => { e.open = true; })")
        assert ran(opened) == ([None, 0], [], []), address
    assert opened.foreign == []


@pytest.mark.parametrize("field", ["name", "contact", "village", "subject", "question"])
def test_what_the_form_says_back(visit, session, field):
    opened = visit()
    for payload in (PAYLOADS[0], PAYLOADS[6], PAYLOADS[53]):
        opened.open(f"/lich/{session.slug}/dang-ky/")
        opened.page.fill(f"[name={field}]", payload)
        opened.page.locator("main form button[type=submit]").last.click()
        opened.page.wait_for_selector("#error-summary")
        assert opened.page.input_value(f"[name={field}]") == payload
        assert ran(opened) == ([None, 0], [], []), payload


def test_the_counter_and_the_door(visit, session):
    row = Registration.objects.order_by("pk")[3]
    opened = visit()
    sign_in(opened, User.objects.create_superuser("quan-tri"))
    own, day = f"/admin/dialogue-sessions/{session.pk}/", f"/admin/dialogues/day/{session.pk}/"
    pages = [
        "/admin/dialogue-sessions/", own, f"{own}edit/", f"{own}move/", f"{own}registrations/", f"{own}papers/", f"{own}write-down/",
        f"/admin/dialogue-sessions/registrations/{row.pk}/written-down/", day, f"{day}door/", f"{day}agenda/",
    ]  # fmt: skip
    for address in pages:
        assert opened.open(address).status == 200, address
        assert opened.page.evaluate("window.__ran") is None, address
        assert opened.dialogs == [], address
