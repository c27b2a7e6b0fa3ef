"""Logs say what happened and to which request, and nothing about a person (O8, P6, B13)."""

from __future__ import annotations

import io
import json
import logging
import logging.config
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings as django_settings
from django.core.mail import EmailMessage, get_connection
from django.db import IntegrityError, connection, transaction
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import path
from procrastinate.contrib.django import app

from portal import errors
from portal import urls as portal_urls
from safeguards import carrying, logs, middleware
from safeguards.models import User
from safeguards.requests import current_request_id, under_request

CANARIES = [
    "0901234567", "090 123 4567", "090.123.4567", "+84901234567", "+84 90 123 4567", "001090123456", "001 090 123 456", "012345678",
    "nguyen.van.a@example.org", "a+b@mail.example.gov.vn", "H26.19-210101-0001", "000.00.19.H26-210101-0001", "203.113.152.1",
]  # fmt: skip
KEPT = [
    "1.001193",
    "job 123456",
    "2026-11-29T20:30:00",
    "10.1.2.3",
    "127.0.0.1",
    "line 1234",
    "migration 0002_append_only",
    "5.2.19",
    "took 12345 ms",
]


@pytest.mark.accepts("O8", "P6")
@pytest.mark.parametrize("number", CANARIES)
@pytest.mark.parametrize("around", ["{}", "call {}, please", "value='{}'", "({})", "x={};", "tệp {}\nhàng"])
def test_what_tells_a_person_is_taken_out(number, around):
    assert number not in logs.scrub(around.format(number))


@pytest.mark.parametrize("text", KEPT)
def test_what_whoever_looks_for_a_fault_needs_stays(text):
    assert logs.scrub(text) == text


@pytest.mark.accepts("O8", "P6")
@pytest.mark.django_db
def test_the_row_that_postgresql_quotes_is_taken_out():
    User.objects.create_user("Trần Thị Mẫu")
    with pytest.raises(IntegrityError) as twice, transaction.atomic():
        User.objects.create_user("Trần Thị Mẫu")
    with pytest.raises(IntegrityError) as empty, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("update safeguards_user set password = null")
    for error in (twice, empty):
        assert "Trần Thị Mẫu" in str(error.value)
        assert "Mẫu" not in logs.scrub(str(error.value))


@pytest.mark.accepts("B14")
@pytest.mark.parametrize("text", ["0" * 50_000, "a@" * 25_000, "1." * 25_000, "Key (" * 10_000, "Failing row contains (" * 2_000, "H26." * 12_000])
def test_scrubbing_hostile_text_takes_no_time(text):
    import time

    started = time.process_time()
    logs.scrub(text)
    assert time.process_time() - started < 2


# ── A run that provokes errors, its log read line by line ────────────────────────────────────────────────────────────


def fails(request, code):
    raise RuntimeError(f"cannot work with {code}, {request.GET.get('so')}, {request.headers.get('X-Who')}")


def defers(request, code):
    counting.defer(text="x")
    return HttpResponse("later")


def speaks(request, code):
    logging.getLogger("portal.test").warning("about %s\r\nlevel=forged", code, extra={"who": code, "count": 3})
    return HttpResponse("told")


urlpatterns = [
    path("loi/<str:code>/", fails),
    path("viec/<str:code>/", defers),
    path("noi/<str:code>/", speaks),
    *portal_urls.urlpatterns,
]
handler400, handler403, handler404, handler500 = errors.bad_request, errors.forbidden, errors.not_found, errors.server_error

ran: list[tuple[str, str]] = []


@app.task(name="tests.counting")
def counting(text: str) -> None:
    """Remember under which id it ran, and mail."""
    ran.append((text, current_request_id()))
    logging.getLogger("portal.test").info("a job")
    with get_connection("safeguards.mail.FileBackend") as letters:
        letters.send_messages([EmailMessage("Nhắc", "Chào bạn", "portal@example.org", ["nguyen.van.a@example.org"])])


@pytest.fixture
def lines(settings):
    """The log as production writes it; gives what stands in it so far, as text and as objects."""
    settings.ROOT_URLCONF = "tests.safeguards.test_logs"
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.JsonFormatter())
    handler.addFilter(logs.RequestFilter())
    root = logging.getLogger()
    before = {name: logging.getLogger(name).level for name in ("", "django", "safeguards.access", "portal.test", "safeguards.mail")}
    root.addHandler(handler)
    for name in before:
        logging.getLogger(name).setLevel(logging.INFO)

    def read():
        text = stream.getvalue()
        return text, [json.loads(line) for line in text.splitlines()]

    yield read
    root.removeHandler(handler)
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


@pytest.mark.accepts("O8", "P6", "B13")
@pytest.mark.django_db
def test_a_run_full_of_errors_leaves_no_number_of_a_person(lines, settings):
    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client(
        raise_request_exception=False, REMOTE_ADDR="203.113.152.1", headers={"user-agent": "0901234567", "x-who": "a+b@mail.example.gov.vn"}
    )
    for number in CANARIES[:-1]:
        client.get(f"/loi/{number}/", {"so": number})
        client.get(f"/noi/{number}/")
        client.get(f"/khong-co/{number}/", {"so": number})
        client.post(f"/tai-khoan/dang-nhap/?next=/{number}/", {"login": number, "password": number})
        client.get(f"/tim/?q={number}")
        client.get("/", headers={"host": "0901234567.example.org"})
    text, parsed = lines()
    assert [number for number in CANARIES if number in text] == []
    assert len([line for line in parsed if line.get("exception")]) == len(CANARIES) - 1
    for line in parsed:
        assert line["at"].endswith("+00:00")
        assert line["request_id"]
    answered = [line for line in parsed if line["logger"] == "safeguards.access"]
    assert {"loi/<str:code>/", "noi/<str:code>/", "-"} <= {line["route"] for line in answered}
    assert {500, 200, 404} <= {line["status"] for line in answered}
    assert all(line["ms"] >= 0 and line["method"] for line in answered)


@pytest.mark.accepts("O8")
@pytest.mark.django_db
def test_without_the_scrubber_the_run_would_show_them(lines, monkeypatch):
    """The test above can fail."""
    monkeypatch.setattr(logs, "scrub", lambda text: text)
    Client(raise_request_exception=False).get(f"/loi/{CANARIES[0]}/")
    assert CANARIES[0] in lines()[0]


@pytest.mark.accepts("O8")
@pytest.mark.django_db
def test_a_line_names_the_member_of_staff_and_the_request(lines):
    user = User.objects.create_superuser("truc")
    client = Client()
    client.force_login(user)
    response = client.get("/admin/account/")
    line = next(line for line in lines()[1] if line["logger"] == "safeguards.access")
    assert (line["user_id"], line["request_id"], line["status"]) == (user.pk, response["X-Request-ID"], response.status_code)
    assert "truc" not in lines()[0]


@pytest.mark.accepts("O8", "B13")
@pytest.mark.django_db
def test_a_forged_line_stays_inside_its_string(lines):
    Client().get("/noi/x/")
    text, parsed = lines()
    assert len(text.splitlines()) == len(parsed)
    line = next(line for line in parsed if line["logger"] == "portal.test")
    assert line["message"] == "about x\r\nlevel=forged"
    assert (line["who"], line["count"]) == ("x", 3)


@pytest.mark.accepts("O8")
@pytest.mark.django_db(transaction=True)
def test_the_id_goes_from_the_request_to_the_job_to_the_mail(lines, settings, tmp_path):
    settings.EMAIL_FILE_PATH = str(tmp_path)
    with connection.cursor() as cursor:
        cursor.execute("truncate procrastinate_jobs, procrastinate_workers, procrastinate_events, procrastinate_periodic_defers")
    ran.clear()
    identifier = Client().get("/viec/x/")["X-Request-ID"]
    counting.defer(text="alone")
    # In a thread of its own, since a browser that an earlier test left open keeps an event loop running in this one.
    with app.replace_connector(app.connector.get_worker_connector()), ThreadPoolExecutor(1) as pool:
        pool.submit(app.run_worker, wait=False, install_signal_handlers=False, listen_notify=False, concurrency=1).result()
    assert ran[0] == ("x", identifier)
    assert ran[1][0] == "alone"
    assert ran[1][1].startswith("job-")
    found = [line for line in lines()[1] if line["request_id"] == identifier]
    assert {line["logger"] for line in found} >= {"safeguards.access", "portal.test", "safeguards.mail"}
    letters = "".join(file.read_text() for file in tmp_path.iterdir())
    assert f"X-Request-ID: {identifier}" in letters
    assert "nguyen.van.a@example.org" not in lines()[0]


def test_a_job_deferred_outside_a_request_carries_nothing():
    job = counting.configure().job
    assert carrying._with_id(job) is job
    with under_request("r" * 8):
        assert carrying._with_id(job).task_kwargs == {carrying.ARGUMENT: "r" * 8}


@pytest.mark.django_db
def test_nothing_is_asked_for_the_line_of_a_visitor(django_assert_num_queries, lines):
    with django_assert_num_queries(0):
        middleware.RequestIdentity(lambda _request: HttpResponse())(RequestFactory().get("/"))
    assert "user_id" not in lines()[1][-1]


def test_production_logs_as_json_through_the_scrubber():
    formatters = django_settings.LOGGING["formatters"]
    assert formatters["json"]["()"] == "safeguards.logs.JsonFormatter"
    assert formatters["plain"]["()"] == "safeguards.logs.PlainFormatter"
    assert django_settings.LOGGING["handlers"]["console"]["filters"] == ["request"]
