"""Hours are written in one way everywhere, `8:00`: on pages, in messages, in the back office, on paper, in both languages."""

import datetime as dt
import io
import re
from pathlib import Path

import pypdf
import pytest
import time_machine
from django.urls import reverse
from django.utils import translation

from dialogue_sessions import services
from dialogue_sessions.enums import SessionKind
from dialogue_sessions.models import AgendaItem
from dialogue_sessions.services import Seats, agenda, delays
from dialogue_sessions.tickets import ticket_token
from foundation import hours
from messaging.models import Message
from tests.beginnings import house_roles

from .asking import PUBLIC, received
from .making import DAY, HOUR, MINUTE, fresh, open_session, pool_of
from .staff import officer, signed_in
from .visiting import messages_to, typed

NOW = dt.datetime(2026, 11, 30, 2, tzinfo=dt.UTC)  # 9:00 in Vietnam
ROOT = Path(__file__).resolve().parents[2]
EIGHT = dt.datetime(2026, 12, 3, 1, tzinfo=dt.UTC)
ADDRESS = "ba.tam@example.vn"
# An hour with a nought before it; not in what machines read: 2026-12-03T08:00:00+07:00, or the value of a field for times.
OTHERWISE = re.compile(r"(?<![\d:T+-])0\d:[0-5]\d(?![\d:])")
FOR_FIELDS = re.compile(r'<input type="time"[^>]*>')

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def session():
    """A dialogue from 8:00 on, with an agenda, a question, and a former time and place."""
    planned = open_session(
        kind=SessionKind.THEMATIC, place="Nhà văn hóa", seats=[Seats(2)], starts_at=EIGHT - DAY, ends_at=EIGHT - DAY + HOUR,
        registration_closes=EIGHT - DAY - HOUR,
    )  # fmt: skip
    agenda.add_item(AgendaItem(session=planned, title="Khai mạc", minutes=65), None)
    agenda.add_item(AgendaItem(session=planned, title="Trả lời", minutes=30), None)
    services.accept_question(received(planned), PUBLIC, None)
    services.edit_session(planned, {"place": "Hội trường"}, None, place_reason="Mái dột")
    services.move_session(fresh(planned), EIGHT, EIGHT + 2 * HOUR, "Trùng họp", None)
    return fresh(planned)


def otherwise(text):
    return OTHERWISE.findall(FOR_FIELDS.sub("", text))


def seated(session):
    return services.confirm(services.hold(pool_of(session), typed(ADDRESS)))


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_public_page_of_a_session_writes_hours_alike(client, session, language):
    row = seated(session)
    slug, token = session.slug, ticket_token(row)
    question = session.questions.get()
    with translation.override(language):
        calendar = reverse("dialogue_sessions:calendar")
        names = {
            "session": [slug], "seats": [slug], "poster": [slug], "session_ics": [slug], "register": [slug], "screen": [slug],
            "place": [slug, token], "papers": [slug, token],
        }  # fmt: skip
        pages = [reverse(f"dialogue_sessions:{name}", args=arguments) for name, arguments in names.items()]
        pages += [reverse(f"dialogue_sessions:{name}") for name in ("feed", "ics")]
        pages += [f"{calendar}?ngay=2026-12-01", f"{calendar}?ngay=2026-12-01&xem=tuan", f"{calendar}?ngay=2026-12-01&xem=danh-sach"]
        pages += [
            reverse("questions:list", args=[slug]),
            reverse("questions:send", args=[slug]),
            reverse("questions:question", args=[slug, question.pk]),
        ]
        pages += [reverse("dialogue_sessions:place_change", args=[slug, token, "huy"])]
    told = {page: client.get(page).content.decode() for page in pages}
    assert {page: otherwise(text) for page, text in told.items() if otherwise(text)} == {}
    assert sum(bool(re.search(r"(?<!\d)8:00", text)) for text in told.values()) >= 9
    with time_machine.travel(EIGHT - 10 * MINUTE, tick=False):
        shown = client.get(reverse("dialogue_sessions:screen", args=[slug])).content.decode()
    assert "8:00" in shown and otherwise(shown) == []


@pytest.mark.parametrize("name", ["poster_pdf", "ticket_pdf"])
def test_paper_writes_them_alike(client, session, name):
    arguments = [session.slug, ticket_token(seated(session))] if name == "ticket_pdf" else [session.slug]
    answer = client.get(reverse(f"dialogue_sessions:{name}", args=arguments))
    text = "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(answer.content)).pages)
    assert "8:00–10:00" in text
    assert otherwise(text) == []


def test_slots_at_a_counter_too(client):
    slot = open_session(kind=SessionKind.APPOINTMENT, seats=[Seats(1)], starts_at=EIGHT, ends_at=EIGHT + HOUR, registration_closes=EIGHT - HOUR)
    for address in (reverse("dialogue_sessions:slots", args=[slot.unit.slug, "2026-12-03"]), "/lich/?ngay=2026-12-01&loai=lich-hen"):
        said = client.get(address).content.decode()
        assert otherwise(said) == [], address
    assert "8:00–9:00" in client.get(reverse("dialogue_sessions:slots", args=[slot.unit.slug, "2026-12-03"])).content.decode()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_messages_write_them_alike(session, language):
    with translation.override(language):
        row = seated(session)
    services.notifying.remind(row.pk)
    with time_machine.travel(NOW + MINUTE, tick=False):
        services.move_session(fresh(session), EIGHT + DAY, EIGHT + DAY + 2 * HOUR, "Trùng họp", None)
        services.tell_moved(session.moves.last().pk)
    with time_machine.travel(EIGHT + DAY - 10 * MINUTE, tick=False):
        services.follow_clock(session.pk)
        delays.tell_delay(fresh(session), 5, "Kẹt xe", None)
    services.cancel_session(fresh(session), "Bão", None)
    parts = [message.parts for message in Message.objects.all()]
    texts = [text for part in parts for text in part.values() if isinstance(text, str)]
    assert len(parts) >= 4
    assert [otherwise(text) for text in texts if otherwise(text)] == []
    (moved,) = messages_to(ADDRESS, "dialogue_sessions.moved")
    assert "8:00–10:00" in moved["text"] and "8:00 03/12/2026" in moved["text"]


def test_the_back_office_writes_them_alike(session):
    house_roles()
    client = signed_in(officer("can-bo", session.unit, "administrator"))
    seated(session)
    office = [("board", []), ("session", [session.pk]), ("registrations", [session.pk]), ("questions", []), ("papers", [session.pk])]
    office += [("question", [session.questions.get().pk])]
    pages = [reverse(f"dialogue_sessions_backoffice:{name}", args=arguments) for name, arguments in office]
    pages += [reverse(f"dialogue_sessions_day:{name}", args=[session.pk]) for name in ("session", "door", "agenda")]
    told = {page: client.get(page).content.decode() for page in [*pages, reverse("dialogue_sessions_day:sessions")]}
    assert {page: otherwise(text) for page, text in told.items() if otherwise(text)} == {}
    assert sum("8:00" in text for text in told.values()) >= 7


# ── Nobody writes them by a format of their own ───────────────────────────────────────────────────────────────────────

APPLICATIONS = ("portal", "transparency", "dialogue_sessions", "procedures_catalog", "messaging", "organisation", "search")
BY_MACHINES = {  # forms, files and settings that programs read
    "dialogue_sessions/backoffice/fields.py", "dialogue_sessions/backoffice/running.py", "messaging/services.py", "organisation/linked_data.py",
    "organisation/open_data.py", "portal/formats/en/formats.py", "portal/formats/vi/formats.py", "portal/security_txt.py",
    "portal/settings/wagtail.py",
}  # fmt: skip


def sources(folder, ending):
    return [path for path in (ROOT / folder).rglob(f"*.{ending}") if "management" not in path.parts]


def test_no_template_and_no_module_has_a_format_for_hours_of_its_own():
    own = [
        str(path.relative_to(ROOT)) for path in sources("templates", "html")
        if re.search(r"(?<!\\T)[HG]:i|\|time\b", path.read_text())
    ]  # fmt: skip
    for folder in APPLICATIONS:
        own += [str(path.relative_to(ROOT)) for path in sources(folder, "py") if re.search(r"%H:%M|\bH:i", path.read_text())]
    assert sorted(set(own) - BY_MACHINES) == []


def test_hours_of_nothing_are_nothing():
    assert (hours.clock(None), hours.clock_day(None), hours.day_clock(None)) == ("", "", "")
    assert hours.clock(dt.time(8)) == "8:00"
    assert hours.clock(dt.datetime(2026, 12, 3, 8, 5)) == "8:05"  # without a zone, as a table may have it
    assert (hours.clock_day(EIGHT), hours.day_clock(EIGHT)) == ("8:00 03/12/2026", "03/12/2026 8:00")
