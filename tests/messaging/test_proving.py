"""The page on which somebody proves a contact: what it takes, what it says, and that looking at it does nothing."""

import datetime as dt
import re

import pytest
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import clear_url_caches, path
from django.utils import translation

from messaging import proving, sending, services
from messaging.models import Code, Contact, Message
from portal.urls import urlpatterns as house_urls

pytestmark = pytest.mark.django_db
PURPOSE = "tests.proving"
done = []


def view(request, token):
    def proven(ticket):
        done.append((ticket.contact.pk, ticket.purpose))
        return HttpResponse("xong")

    return proving.step(request, token, PURPOSE, proven, title="Xác nhận liên hệ", back="/lich/")


urlpatterns = [path("chung-minh/<str:token>/", view), path("en/chung-minh/<str:token>/", view), *house_urls]
handler404, handler500 = "portal.errors.not_found", "portal.errors.server_error"


@pytest.fixture(autouse=True)
def page(settings):
    settings.ROOT_URLCONF = __name__
    clear_url_caches()
    done.clear()
    yield
    clear_url_caches()


@pytest.fixture
def client():
    return Client(enforce_csrf_checks=False)


def begun(contact, purpose=f"{PURPOSE}:7"):
    """The address of the page, and the digits that were sent."""
    token = proving.begin(RequestFactory().get("/", REMOTE_ADDR="192.0.2.7"), contact, purpose)
    return f"/chung-minh/{token}/"


def digits(sms):
    sending.send_due()
    return re.search(r"\d{6}", sms.taken[-1].text)[0]


def wrong(code):
    return f"{(int(code) + 1) % 1_000_000:06d}"


def rows():
    return list(Code.objects.order_by("pk").values()), list(Message.objects.order_by("pk").values()), list(Contact.objects.order_by("pk").values())


def test_the_right_code_does_what_it_was_for_once(clock, minh, sms, client):
    address = begun(minh)
    code = digits(sms)
    assert client.post(address, {"code": f"{code[:3]}-{code[3:]}"}).content == b"xong"
    assert done == [(minh.pk, f"{PURPOSE}:7")]
    again = client.post(address, {"code": code})
    assert again.status_code == 422 and len(done) == 1


def test_a_wrong_code_is_told_at_the_field_in_the_title_and_stays(clock, minh, sms, client):
    address = begun(minh)
    code = digits(sms)
    answer = client.post(address, {"code": wrong(code)})
    html = answer.content.decode()
    assert answer.status_code == 422 and re.search(r"<title>\s*Lỗi", html) and 'aria-invalid="true"' in html and 'id="error-summary"' in html
    assert f'value="{wrong(code)}"' in html and 'href="#id_code"' in html and done == []
    assert client.post(address, {"code": code}).content == b"xong"


@pytest.mark.parametrize("typed", ["", "12345", "abcdef", "1234567", "mười hai", "<script>alert(1)</script>", "9" * 500])
def test_what_is_no_code_costs_no_try(clock, minh, sms, client, typed):
    address = begun(minh)
    answer = client.post(address, {"code": typed})
    assert answer.status_code == 422 and Code.objects.get().tries == 0 and done == []
    assert "<script>alert" not in answer.content.decode()


def test_a_code_that_was_guessed_at_too_often_is_used_up(clock, minh, sms, client):
    address = begun(minh)
    code = digits(sms)
    for _ in range(Code.MOST_TRIES):
        client.post(address, {"code": wrong(code)})
    answer = client.post(address, {"code": code})
    assert answer.status_code == 422 and "năm lần" in answer.content.decode() and done == []
    client.post(address, {"again": "1"})
    assert client.post(address, {"code": digits(sms)}).content == b"xong"


def test_another_code_is_sent_and_the_former_is_void(clock, minh, sms, client):
    address = begun(minh)
    former = digits(sms)
    answer = client.post(address, {"again": "1"})
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{address}?gui-lai=1")
    assert 'role="status"' in client.get(f"{address}?gui-lai=1").content.decode()
    newest = digits(sms)
    assert client.post(address, {"code": former}).status_code == 422 or former == newest
    assert client.post(address, {"code": newest}).content == b"xong"


def test_an_hour_later_the_address_says_how_to_go_on(clock, minh, sms, client):
    address = begun(minh)
    clock.shift(dt.timedelta(seconds=proving.LIVES + 1))
    for answer in (client.get(address), client.post(address, {"code": "123456"}), client.post(address, {"again": "1"})):
        assert answer.status_code == 410 and 'href="/lich/"' in answer.content.decode()
        assert "no-store" in answer.headers["Cache-Control"]
    assert done == [] and Message.objects.count() == 1


FOREIGN = signing.dumps([1, PURPOSE], salt="messaging.other")  # its time differs from one process to the next: no name for a test


@pytest.mark.parametrize(
    "token", ["x", "a:b:c", "WzEsInRlc3RzIl0:1xxxxx:aaaa", FOREIGN, "%00", "ế" * 40], ids=["x", "colons", "forged", "foreign", "nul", "long"]
)
def test_an_address_that_is_not_ours_is_not_there(minh, client, token):
    assert client.get(f"/chung-minh/{token}/").status_code in {400, 404}
    assert client.post(f"/chung-minh/{token}/", {"code": "123456"}).status_code in {400, 404}
    assert done == []


@pytest.mark.parametrize(
    "held", [None, 5, "x", [], [1], [1, 2, 3], {"a": 1}, [[1], "tests.proving"], ["x", "tests.proving"], [10**30, "tests.proving"]]
)
def test_a_ticket_of_ours_that_holds_something_else_opens_nothing(minh, client, held):
    assert client.get(f"/chung-minh/{signing.dumps(held, salt='messaging.proving')}/").status_code in {404, 410}


def test_a_ticket_for_something_else_opens_nothing(clock, minh, sms, client):
    address = begun(minh, "tests.other:7")
    code = digits(sms)
    assert client.get(address).status_code != 200
    assert client.post(address, {"code": code}).status_code != 200
    assert done == [] and Contact.objects.get(pk=minh.pk).verified_at is None


def test_a_ticket_of_a_contact_that_is_forgotten_opens_nothing(clock, minh, sms, client):
    address = begun(minh)
    services.erase(minh.value)
    assert client.get(address).status_code == 410 and client.post(address, {"code": "123456"}).status_code == 410


def test_looking_changes_nothing_however_often(clock, minh, sms, client):
    address = begun(minh)
    before = rows()
    for _ in range(3):
        answer = client.get(address)
        client.head(address)
        client.get(f"{address}?gui-lai=1")
    assert rows() == before and done == []
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store, private" and answer.headers["Referrer-Policy"] == "same-origin"
    html = answer.content.decode()
    assert "noindex" in html and minh.value not in html and minh.value not in address and 'autocomplete="one-time-code"' in html


def test_a_form_of_another_site_types_nothing(clock, minh, sms):
    address = begun(minh)
    code = digits(sms)
    assert Client(enforce_csrf_checks=True).post(address, {"code": code}).status_code == 403 and done == []


def test_too_many_tries_from_one_address_are_told_with_the_minutes_and_keep_what_was_typed(clock, minh, sms, client, settings):
    settings.RATE_LIMITS_ON = True
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "code_check": (2, 600)}
    address = begun(minh)
    code = digits(sms)
    for _ in range(2):
        client.post(address, {"code": wrong(code)})
    answer = client.post(address, {"code": code})
    html = answer.content.decode()
    assert answer.status_code == 422 and "phút" in html and f'value="{code}"' in html and done == []


def test_too_many_codes_asked_for_are_told(clock, minh, sms, client, settings):
    settings.RATE_LIMITS_ON = True
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "code_contact": (2, 600)}
    address = begun(minh)
    client.post(address, {"again": "1"})
    answer = client.post(address, {"again": "1"})
    assert answer.status_code == 422 and Code.objects.count() == 2
    with pytest.raises(ValidationError, match="phút"):
        begun(minh)


def test_where_nobody_carries_text_messages_an_address_is_asked_for(minh, settings):
    settings.SMS_PROVIDER = ""
    with pytest.raises(ValidationError):
        begun(minh)
    with pytest.raises(ValidationError):
        proving.ContactField().clean("0912 345 678")
    assert proving.ContactField().clean(" lan@example.vn ") == "lan@example.vn"
    with pytest.raises(ValidationError):
        proving.ContactField().clean("khong-phai")


def test_both_languages(clock, minh, sms, client):
    address = begun(minh)
    assert "Xác nhận" in client.get(address).content.decode()
    english = client.get(f"/en{address}").content.decode()
    assert "Send another code" in english and "Confirm" in english
    wrong_one = client.post(f"/en{address}", {"code": "x"}).content.decode()
    assert re.search(r"<title>\s*Error", wrong_one)
    translation.activate("vi")
