"""The public pages of promises: the board, one promise, following it, the files and the API; cheap, and right tomorrow."""

from __future__ import annotations

import datetime as dt
import json
import re

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from dialogue_sessions import promise_data, services
from dialogue_sessions.models import Promise, PromiseEvidence, PromiseFollower
from dialogue_sessions.services import following
from messaging import services as messaging
from messaging.models import Message
from organisation.models import today
from search.models import Entry
from tests.organisation import factories

from .making import DAY
from .promising import draft_promise, held_session, kept, open_promise, overdue

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}"


def text_of(response):
    return response.content.decode()


def test_the_board_shows_what_is_overdue_to_everybody(client):
    promise = overdue(8)
    page = client.get("/loi-hua/")
    assert page.status_code == 200
    assert promise.text in text_of(page)
    assert "quá hạn 8 ngày" in text_of(page)


def test_an_overdue_promise_says_since_how_many_days_and_says_more_tomorrow(client):
    promise = overdue(8)
    assert "8 ngày" in text_of(client.get(f"/loi-hua/{promise.pk}/"))
    with time_machine.travel(timezone.now() + DAY, tick=False):
        assert "9 ngày" in text_of(client.get(f"/loi-hua/{promise.pk}/"))


def test_the_board_shows_what_is_overdue_first_then_what_is_due_next_then_what_is_closed(client):
    old, recent = kept(text="Đã giữ từ lâu", due_in=1), kept(text="Vừa giữ", due_in=20)
    later, soon = open_promise(text="Còn lâu mới đến hạn", due_in=40), open_promise(text="Sắp đến hạn", due_in=10)
    short, long = overdue(3, text="Trễ ít ngày"), overdue(30, text="Trễ lâu nhất")
    page = text_of(client.get("/loi-hua/"))
    wanted = [promise.text for promise in (long, short, soon, later, recent, old)]
    assert sorted(wanted, key=page.index) == wanted


def test_pages_of_promises_may_be_kept_and_hold_nothing_of_the_visitor(client):
    promise = open_promise()
    for address in ("/loi-hua/", f"/loi-hua/{promise.pk}/"):
        page = client.get(address)
        assert "public" in page["Cache-Control"]
        assert not page.cookies
        assert "csrfmiddlewaretoken" not in text_of(page)


def test_a_draft_has_no_page(client):
    promise = draft_promise()
    assert client.get(f"/loi-hua/{promise.pk}/").status_code == 404
    assert client.get(f"/loi-hua/{promise.pk}/theo-doi/").status_code == 404
    assert promise.text not in text_of(client.get("/loi-hua/"))


def test_the_kept_rate_is_what_a_hand_counts(client):
    unit = factories.ward("Phường Đếm")
    for _number in range(3):
        kept(unit=unit)
    services.keep_promise(overdue(3, unit=unit), today(), "Xong.", None)
    services.refuse_promise(open_promise(unit=unit), "Không được.", None)
    overdue(2, unit=unit)
    open_promise(unit=unit)  # not due: counts neither way
    services.move_promise(open_promise(unit=unit, due_in=2), today() + 60 * DAY, "Mưa.", None, None)
    draft_promise(unit=unit)
    tally = next(tally for tally in promise_data.by_unit(today()) if tally.slug == unit.slug)
    assert (tally.total, tally.kept, tally.kept_late, tally.refused, tally.overdue, tally.to_come, tally.moved) == (8, 3, 1, 1, 1, 2, 1)
    assert tally.judged == 6
    assert tally.rate == 0.5
    assert "50" in tally.rate_text
    assert "50 %" in text_of(client.get("/loi-hua/")).replace("\xa0", " ")


def test_few_promises_have_numbers_but_no_percentage():
    unit = factories.ward("Phường Nhỏ")
    for _number in range(4):
        kept(unit=unit)
    tally = promise_data.by_unit(today())[0]
    assert tally.rate is None
    assert "%" not in tally.rate_text
    kept(unit=unit)
    assert promise_data.by_unit(today())[0].rate == 1


@pytest.mark.parametrize(
    ("state", "shown"), [("qua-han", "overdue"), ("dang-lam", "open overdue"), ("dung-han", "kept"), ("tre-han", ""), ("khong-lam", "")]
)
def test_the_board_is_narrowed_by_how_a_promise_stands(client, state, shown):
    rows = {"open": open_promise(text="Một lời còn hạn"), "overdue": overdue(text="Một lời quá hạn"), "kept": kept(text="Một lời đã giữ")}
    page = text_of(client.get("/loi-hua/", {"trang-thai": state}))
    found = {name for name, row in rows.items() if row.text in page}
    assert found == set(shown.split())


def test_the_board_is_narrowed_by_unit_and_year(client):
    here, there = open_promise(text="Việc ở đây"), open_promise(text="Việc ở kia", due_in=800)
    page = text_of(client.get("/loi-hua/", {"co-quan": here.unit.slug}))
    assert here.text in page
    assert there.text not in page
    page = text_of(client.get("/loi-hua/", {"nam": str(there.due_on.year)}))
    assert there.text in page
    assert here.text not in page


@pytest.mark.parametrize("query", ["trang-thai=x", "nam=12", "nam=99999999999", "co-quan=khong-co", "trang=0", "trang=9", "trang=x"])
def test_what_cannot_be_chosen_is_not_there(client, query):
    open_promise()
    assert client.get(f"/loi-hua/?{query}").status_code == 404


@pytest.mark.accepts("L3")
def test_the_board_costs_the_same_however_many_promises_there_are(client, django_assert_max_num_queries):
    def ask():
        with django_assert_max_num_queries(12) as captured:
            assert client.get("/loi-hua/").status_code == 200
        return len(captured)

    open_promise()
    few = ask()
    for number in range(12):
        open_promise(text=f"Lời hứa {number}")
        kept()
    assert ask() == few


def test_the_page_of_a_promise_takes_twelve_queries_at_most(client, django_assert_max_num_queries):
    session = held_session()
    promise = open_promise(unit=session.unit, session=session)
    for number in range(4):
        promise = services.move_promise(promise, today() + (60 + number) * DAY, "Mưa.", None, None)
        services.add_evidence(PromiseEvidence(promise=promise, text=f"Ảnh {number}", link="https://example.vn/"), None)
    promise = services.change_promise(promise, "Hẻm ngắn hơn.", None, None, text="Lắp 8 đèn")
    with django_assert_max_num_queries(12):
        page = text_of(client.get(f"/loi-hua/{promise.pk}/"))
    assert page.count("Mưa.") == 4
    assert "Hẻm ngắn hơn." in page
    assert "Lắp 8 đèn" in page
    assert f"/lich/{session.slug}/" in page
    assert len(page) < 100_000


@pytest.mark.accepts("B10")
def test_hostile_words_are_shown_as_words(client):
    promise = services.change_promise(open_promise(text=HOSTILE), HOSTILE, None, None, text=f"{HOSTILE} hai")
    services.add_evidence(PromiseEvidence(promise=promise, text=HOSTILE, link="https://example.vn/?a=<script>"), None)
    services.move_promise(promise, today() + 90 * DAY, HOSTILE, None, None)
    services.keep_promise(promise, today(), HOSTILE, None)
    for address in (
        "/loi-hua/",
        f"/loi-hua/{promise.pk}/",
        "/loi-hua/loi-hua.atom",
        f"/loi-hua/{promise.pk}/theo-doi/",
        f"/co-quan/{promise.unit.slug}/",
    ):
        page = text_of(client.get(address))
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "49" not in re.findall(r"onerror=alert\(1\)&gt;(\S*)", page)


def test_the_file_holds_every_public_promise_and_no_formula(client):
    open_promise(text="=1+1 đèn")
    draft_promise(text="Bí mật")
    page = client.get("/loi-hua/loi-hua.csv")
    body = text_of(page)
    assert page["Content-Type"].startswith("text/csv")
    assert "'=1+1 đèn" in body
    assert "Bí mật" not in body
    assert body.count("\r\n") == 2


def test_the_api_tells_of_moves_and_words(client):
    promise = services.move_promise(open_promise(), today() + 90 * DAY, "Mưa.", None, None)
    listed = json.loads(client.get("/api/v1/promises").content)
    assert listed["count"] == 1
    assert listed["results"][0]["id"] == promise.pk
    one = json.loads(client.get(f"/api/v1/promises/{promise.pk}").content)
    assert one["moved"][0]["reason"] == "Mưa."
    assert one["versions"][0]["text"] == promise.text
    assert client.get("/api/v1/promises/999999999999999999999").status_code == 404
    assert json.loads(client.get("/api/v1/promises?overdue=true").content)["count"] == 0


def test_search_and_sitemap_know_public_promises_alone(client):
    promise = open_promise()
    draft_promise()
    assert [entry.object_id for entry in Entry.objects.filter(kind="promise")] == [str(promise.pk)]
    assert f"/loi-hua/{promise.pk}/" in text_of(client.get("/sitemap-sessions.xml"))


def test_the_page_of_a_unit_and_the_home_page_show_what_is_due(client):
    promise = overdue()
    assert promise.text in text_of(client.get(f"/co-quan/{promise.unit.slug}/"))


def test_in_english_the_words_are_english_or_marked_vietnamese(client):
    open_promise(text="Lắp đèn")
    page = text_of(client.get("/en/loi-hua/"))
    assert '<span lang="vi">Lắp đèn</span>' in page
    assert "days left" in page


# ── Following ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def code_of():
    body = Message.objects.filter(kind="messaging.code").latest("pk").parts["text"]
    return re.search(r"\b(\d{6})\b", body)[1]


def test_somebody_follows_a_promise_once_the_code_is_typed(client):
    promise = open_promise()
    form = client.get(f"/loi-hua/{promise.pk}/theo-doi/")
    assert form["Cache-Control"] == "no-store, private"
    step = client.post(f"/loi-hua/{promise.pk}/theo-doi/", {"contact": "Lan@example.vn"})
    assert step.status_code == 302
    assert "lan" not in step["Location"].lower()
    assert not PromiseFollower.objects.exists()
    done = client.post(step["Location"], {"code": code_of()})
    assert done["Location"] == f"/loi-hua/{promise.pk}/theo-doi/xong/"
    assert client.get(done["Location"]).status_code == 200
    assert PromiseFollower.objects.get().promise == promise


def test_a_ticket_for_one_promise_is_none_for_another(client):
    one, other = open_promise(), open_promise()
    step = client.post(f"/loi-hua/{one.pk}/theo-doi/", {"contact": "lan@example.vn"})
    token = step["Location"].rstrip("/").rsplit("/", 1)[-1]
    assert client.post(f"/loi-hua/{other.pk}/theo-doi/{token}/", {"code": code_of()}).status_code in {404, 410}
    assert not PromiseFollower.objects.exists()


def test_an_address_that_is_none_is_said_so_and_stays(client):
    promise = open_promise()
    page = client.post(f"/loi-hua/{promise.pk}/theo-doi/", {"contact": "lan@"})
    assert page.status_code == 422
    assert 'value="lan@"' in text_of(page)
    assert "error-summary" in text_of(page)
    assert "aria-invalid" in text_of(page)


def test_what_fills_in_hidden_fields_gets_no_code(client):
    promise = open_promise()
    client.post(f"/loi-hua/{promise.pk}/theo-doi/", {"contact": "lan@example.vn", "website": "x"})
    assert not Message.objects.exists()


def test_reading_the_link_ends_nothing_pressing_the_button_does(client):
    promise = open_promise()
    follower = services.follow(promise, messaging.contact_for("lan@example.vn"))
    address = f"/loi-hua/thoi-theo-doi/{following.token(follower)}/"
    for _time in range(2):
        page = client.get(address)
        assert page.status_code == 200
        assert "lan@example.vn" not in text_of(page)
    assert PromiseFollower.objects.exists()
    assert client.post(address).status_code == 302
    assert not PromiseFollower.objects.exists()
    assert client.get(address).status_code == 200
    assert client.get("/loi-hua/thoi-theo-doi/x/").status_code == 404


def test_forms_of_following_ask_for_our_token():
    strict = Client(enforce_csrf_checks=True)
    promise = open_promise()
    assert strict.post(f"/loi-hua/{promise.pk}/theo-doi/", {"contact": "lan@example.vn"}).status_code == 403


def test_figures_are_recounted_from_the_events(capsys):
    from django.core.management import call_command

    kept()
    overdue()
    services.refuse_promise(open_promise(), "Không được.", None)
    call_command("recount_promises")
    assert "3" in capsys.readouterr().out
    Promise.objects.filter(state="kept").update(kept_on=today() - dt.timedelta(days=1))
    with pytest.raises(SystemExit):
        call_command("recount_promises")
