"""What people asked: what is kept, what never is, what is told of it, and that nobody steers it alone."""

from __future__ import annotations

import datetime as dt
import io
import logging
import re

import pytest
from django.core import signing
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from safeguards.logs import JsonFormatter
from search import insights
from search.models import QueryLog, SynonymGroup
from tests.safeguards.staff import person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_writes")]
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140 Safari/537.36"
DAY = dt.date(2026, 11, 16)  # a Monday


@pytest.fixture
def visitor() -> Client:
    return Client(headers={"user-agent": BROWSER})


def ask(client: Client, words: str, path: str = "/tim/", **more):
    return client.get(path, {"q": words, **more})


def ping_of(page: str, place: int = 0) -> str:
    return re.findall(r'ping="([^"]+)"', page)[place].replace("&amp;", "&")


def about(page: str) -> str:
    return re.search(r'name="v" value="([^"]+)"', page)[1]


# ── What is kept ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_search_is_kept_as_words_day_hour_and_outcome(publish, visitor):
    publish("1", "Đăng ký khai sinh")
    ask(visitor, "Đăng  ký KHAI SINH?")
    row = QueryLog.objects.get()
    assert (row.asked, row.folded, row.total, row.language, row.page, row.position, row.found_it) == (
        "đăng ký khai sinh", "dang ky khai sinh", 1, "vi", 1, None, None,
    )  # fmt: skip
    assert row.engine == "local"
    ask(visitor, "khong co gi het", "/en/tim/")
    assert QueryLog.objects.filter(language="en").exists()


def test_no_column_tells_who_or_when_exactly():
    assert {field.column for field in QueryLog._meta.concrete_fields} == {
        "id", "asked", "folded", "day", "hour", "engine", "total", "language", "page", "position", "kind", "object_id", "found_it",
    }  # fmt: skip


def test_what_is_no_search_of_a_person_is_not_kept(publish, visitor, settings):
    publish("1", "Đăng ký khai sinh")
    visitor.head("/tim/?q=khai+sinh")
    ask(Client(headers={"user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}), "khai sinh")
    ask(Client(), "khai sinh")
    visitor.get("/tim/?q=khai+sinh", headers={"sec-purpose": "prefetch"})
    ask(visitor, "")
    ask(visitor, "?!")
    ask(visitor, "khai sinh", "/api/v1/search")
    ask(visitor, "khai sinh", "/tim/goi-y/")
    staff = Client(headers={"user-agent": BROWSER})
    staff.force_login(person())
    ask(staff, "khai sinh")
    settings.SEARCH_INSIGHTS = False
    ask(visitor, "khai sinh")
    assert not QueryLog.objects.exists()


SECRETS = ["0912 345 678", "+84912345678", "001199012345", "123456789", "H26.19-261130-0001", "000.00.19.H26-261130-0001"]
LONG = ["hồ sơ 1234567", "mã 12 34 56 78", "số 20.11.1985.", "lan@example.org khai sinh", "thẻ AB1234567", "31/12/198512"]


@pytest.mark.accepts("S7")
@pytest.mark.parametrize("secret", [*SECRETS, *LONG])
@pytest.mark.parametrize("around", ["{}", "khai sinh {} cho con", "{0} {0}"])
def test_numbers_of_people_are_in_no_table_and_no_log(publish, visitor, secret, around):
    publish("1", "Đăng ký khai sinh")
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)
    try:
        answer = ask(visitor, around.format(secret))
        if answer.status_code == 200 and (found := re.search(r'name="v" value="([^"]+)"', answer.content.decode())):
            visitor.post("/tim/thay-khong/", {"v": found[1], "thay": "khong"})
    finally:
        logging.getLogger().removeHandler(handler)
    digits = re.sub(r"\D", "", secret)
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'select count(*) from "{table}" t where t::text like %s or t::text like %s', [f"%{secret}%", f"%{digits or secret}%"])
            assert cursor.fetchone() == (0,), table
    for row in QueryLog.objects.all():
        assert not re.search(r"\d{6}", re.sub(r"\D", "", row.asked)), row.asked
        assert "example" not in row.asked
    assert secret not in stream.getvalue()
    assert not digits or digits not in stream.getvalue()
    if secret in SECRETS:
        assert not QueryLog.objects.exists()


@pytest.mark.accepts("S7")
@pytest.mark.parametrize("secret", SECRETS)
def test_a_question_with_such_a_number_is_not_kept_at_all(secret):
    """Whoever calls it: the page sends such questions away before they come here."""
    for around in ("{}", "khai sinh {} cho con", "{}, {}"):
        assert insights.cleaned(around.format(secret, secret)) is None
    kept = insights.cleaned("từ " * 130 + secret)  # cut in the middle of the number
    assert kept is None or not re.search(r"\d{6}", re.sub(r"\D", "", kept[0]))


@pytest.mark.parametrize("wrong", [{"asked": "số 1234567"}, {"folded": ""}, {"hour": 24}, {"position": 1}, {"kind": "thing"}, {"asked": "a@b"}])
def test_the_database_refuses_what_must_not_be_kept(wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        QueryLog.objects.create(**{"asked": "khai sinh", "folded": "khai sinh", "hour": 8, "engine": "local", "total": 1, "language": "vi", **wrong})


@pytest.mark.parametrize(("typed", "kept"), [
    ("nghị định 61/2018/NĐ-CP", "nghị định 61 2018 nđ cp"), ("lớp 1 năm 2026", "lớp 1 năm 2026"), ("mẫu CT01", "mẫu ct01"), ("từ " * 300, None),
])  # fmt: skip
def test_short_numbers_and_document_numbers_are_words(typed, kept):
    asked, folded = insights.cleaned(typed)
    assert kept is None or asked == kept
    assert len(asked) <= 200
    assert len(folded) <= 200


def test_a_database_that_takes_no_row_is_not_in_the_way(publish, visitor, monkeypatch, caplog):
    publish("1", "Đăng ký khai sinh")
    monkeypatch.setattr(insights, "_REMEMBER", "select * from no_such_table where %s in (%s, %s, %s, %s, %s, %s, %s)")
    with transaction.atomic():
        sid = transaction.savepoint()
        real, rolled = insights.logger.warning, []

        def warn(*args, **kwargs):
            transaction.savepoint_rollback(sid)
            rolled.append(args)
            real(*args, **kwargs)

        monkeypatch.setattr(insights.logger, "warning", warn)
        answer = ask(visitor, "khai sinh")
    assert answer.status_code == 200
    assert "Đăng ký" in answer.content.decode()
    assert "thay-khong" not in answer.content.decode()
    assert rolled


# ── What somebody says of a search ────────────────────────────────────────────────────────────────────────────────────


def test_a_choice_is_noted_once_without_a_redirect(publish, visitor):
    for number in range(3):
        publish(str(number), f"Đăng ký khai sinh {number}")
    page = ask(visitor, "khai sinh").content.decode()
    assert 'href="/0/" ping="' in page, "the link itself is the plain address"
    assert visitor.post(ping_of(page, 1)).status_code == 204
    row = QueryLog.objects.get()
    assert (row.position, row.kind) == (2, "thing")
    assert visitor.post(ping_of(page, 0)).status_code == 204
    row.refresh_from_db()
    assert row.position == 2
    assert visitor.get(ping_of(page, 1)).status_code == 405


def test_places_count_over_pages(publish, visitor):
    for number in range(15):
        publish(f"{number:02}", f"Đăng ký khai sinh {number:02}")
    page = ask(visitor, "khai sinh", trang="2").content.decode()
    visitor.post(ping_of(page, 0))
    assert QueryLog.objects.get().position == 11


@pytest.mark.parametrize(("said", "kept"), [("co", True), ("khong", False)])
def test_whether_they_found_it_is_asked_without_script_or_cookie(publish, said, kept):
    publish("1", "Đăng ký khai sinh")
    client = Client(enforce_csrf_checks=True, headers={"user-agent": BROWSER})
    for words in ("khai sinh", "khong co gi het"):  # the outcome with results, and the empty one
        answer = ask(client, words)
        assert not answer.cookies
        thanks = client.post("/tim/thay-khong/", {"v": about(answer.content.decode()), "thay": said})
        assert (thanks.status_code, thanks["Location"]) == (303, f"/tim/cam-on/?thay={said}")
    assert set(QueryLog.objects.values_list("found_it", flat=True)) == {kept}
    page = client.get(thanks["Location"])
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    assert ("/thu-tuc/" in page.content.decode().partition("<main")[2].partition("</main")[0]) is not kept


def test_only_whoever_searched_can_say_something_about_it(publish, visitor):
    publish("1", "Đăng ký khai sinh")
    page = ask(visitor, "khai sinh").content.decode()
    row, other = QueryLog.objects.get(), signing.dumps([QueryLog.objects.get().pk], salt="another")
    for forged in ("", "x", other, about(page)[:-2], signing.dumps([row.pk], key="guessed", salt=insights.SALT)):
        assert visitor.post("/tim/thay-khong/", {"v": forged, "thay": "co"}).status_code == 400
        assert visitor.post(f"/tim/chon/?v={forged}").status_code == 400
    assert visitor.post("/tim/thay-khong/", {"v": about(page), "thay": "maybe"}).status_code == 400
    assert visitor.post(f"/tim/chon/?v={about(page)}").status_code == 400, "one token is not the other"
    row.refresh_from_db()
    assert (row.position, row.found_it) == (None, None)


def test_a_token_holds_for_hours(publish, visitor, monkeypatch):
    publish("1", "Đăng ký khai sinh")
    page = ask(visitor, "khai sinh").content.decode()
    monkeypatch.setattr(insights, "OPEN_SECONDS", -1)
    assert visitor.post("/tim/thay-khong/", {"v": about(page), "thay": "co"}).status_code == 400


def test_pages_that_caches_carry_hold_no_token(publish, visitor):
    publish("1", "Đăng ký khai sinh")
    everything = ask(visitor, "")
    assert "public" in everything["Cache-Control"]
    assert "ping=" not in everything.content.decode()
    assert "no-store" in ask(visitor, "khai sinh")["Cache-Control"]


@pytest.mark.parametrize(("path", "scope"), [("/tim/chon/", "search_choice"), ("/tim/thay-khong/", "search_found")])
def test_what_can_be_said_is_limited(visitor, settings, path, scope):
    settings.RATE_LIMITS_ON, settings.RATE_LIMITS = True, {**settings.RATE_LIMITS, scope: (1, 3600)}
    assert [visitor.post(path).status_code for _time in range(2)] == [400, 429]


def test_questions_go_after_thirteen_months():
    made = {"asked": "khai sinh", "folded": "khai sinh", "hour": 8, "engine": "local", "total": 1, "language": "vi"}
    for day in (dt.date(2025, 10, 15), dt.date(2025, 10, 16), DAY):
        QueryLog.objects.create(day=day, **made)
    assert insights.forget(DAY) == 1
    assert QueryLog.objects.count() == 2
    assert insights.forget(dt.date(2026, 3, 31)) == 0


# ── Reports ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def log(asked: str, *, day: dt.date = DAY, hour: int = 8, total: int = 5, times: int = 1, **more) -> None:
    from search.fields import key_of

    values = {"asked": asked, "folded": key_of(asked), "day": day, "hour": hour, "engine": "local", "total": total, "language": "vi", **more}
    QueryLog.objects.bulk_create([QueryLog(**values) for _time in range(times)])


def counted(kind: str) -> list[tuple[str, int]]:
    return [(row.asked, row.count) for row in insights.report(kind, DAY - dt.timedelta(days=30), DAY)]


def test_spellings_of_a_question_are_one():
    log("khai sinh")
    log("khai sinh", hour=9)
    log("khai sính", hour=10)
    assert counted("asked") == [("khai sinh", 3)]


def test_one_person_does_not_make_a_question_popular():
    for day in range(3):
        log("khai sinh", day=DAY - dt.timedelta(days=day))
    log("bán hàng", times=100)  # a hundred in an hour are one, and one alone is shown to nobody
    assert counted("asked") == [("khai sinh", 3)]
    for hour in range(24):  # all day long, every hour
        log("bán hàng", hour=hour, times=10)
    assert dict(counted("asked"))["bán hàng"] == insights.MOST_A_DAY


def test_one_person_does_not_choose_for_all():
    mine, theirs = {"position": 1, "kind": "thing", "object_id": "mine"}, {"position": 3, "kind": "thing", "object_id": "theirs"}
    log("khai sinh", hour=8, times=100, **mine)
    log("khai sinh", hour=9)
    (row,) = insights.report("asked", DAY, DAY)
    assert (row.choice, row.chosen) == (None, 1)
    for hour in (9, 10, 11):
        log("khai sinh", hour=hour, **theirs)
    assert insights.report("asked", DAY, DAY)[0].choice == ("thing", "theirs")


def test_reports_tell_what_found_nothing_and_what_was_not_chosen():
    for hour in (8, 9):
        log("nghỉ bán", hour=hour, total=0)
        log("khai sinh", hour=hour, position=1, kind="thing", object_id="1")
        log("sang tên", hour=hour)
        log("cắt khẩu", hour=hour, position=1, kind="thing", object_id="1", found_it=False)
        log("trang hai", hour=hour, page=2)
    assert [name for name, _count in counted("nothing")] == ["nghỉ bán"]
    assert [name for name, _count in counted("unchosen")] == ["cắt khẩu", "sang tên"]
    assert "trang hai" not in dict(counted("asked"))
    log("nghỉ bán", hour=10, total=4)
    assert counted("nothing") == [], "it finds something now"


def test_weeks_are_told_without_gaps():
    log("a", total=0)
    log("b", day=DAY - dt.timedelta(days=14), position=1, kind="thing", object_id="1", found_it=True)
    found = insights.weeks(DAY - dt.timedelta(days=20), DAY)
    assert [(week.monday, week.searches, week.nothing, week.chosen, week.yes, week.no) for week in found] == [
        (DAY - dt.timedelta(days=21), 0, 0, 0, 0, 0), (DAY - dt.timedelta(days=14), 1, 0, 1, 1, 0), (DAY - dt.timedelta(days=7), 0, 0, 0, 0, 0),
        (DAY, 1, 1, 0, 0, 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("role", "reads", "mends"), [("editor", True, True), ("auditor", True, False), ("leader", True, False), ("clerk", False, False)]
)
def test_the_report_leads_to_forms_that_are_filled_in(publish, role, reads, mends, django_assert_max_num_queries):
    publish("1", "Tạm ngừng hộ kinh doanh")
    today = dt.date.today()
    for hour in (8, 9):
        log("nghỉ bán", day=today, hour=hour, position=4, kind="thing", object_id="1")
        log("<script>", day=today, hour=hour, total=0)
    client = Client()
    client.force_login(person(role=role))
    client.get("/admin/")
    with django_assert_max_num_queries(25):
        answer = client.get(reverse("search_backoffice:asked"))
    assert (answer.status_code == 200) is reads
    page = answer.content.decode()
    if reads:
        assert "nghỉ bán" in page
        assert "&lt;script&gt;" in page
        assert '<svg class="bar"' in page
        assert client.get(reverse("search_backoffice:asked"), {"days": "-1"}).status_code == 200
    assert ("Ghim kết quả này" in page) is mends
    if mends:
        add, pin = (
            re.search(rf'href="([^"]+ngh[^"]+)">{words}<', page)[1].replace("&amp;", "&") for words in ("Thêm từ đồng nghĩa", "Ghim kết quả này")
        )
        assert "nghỉ bán" in client.get(add).content.decode()
        form = client.get(pin).content.decode()
        assert "nghỉ bán" in form
        assert 'value="/1/"' in form
        assert not SynonymGroup.objects.exists(), "looking at a form changes nothing"
