"""Staff see what was sent for their unit, why something failed, and send it again; editors change texts, never their placeholders."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from messaging import composing, sending, services
from messaging.enums import Reason, State
from messaging.models import Message, Template
from organisation.staff import units_of
from safeguards.models import Event
from tests.organisation import factories
from tests.safeguards.staff import person

from .conftest import REMINDER, remind

pytestmark = pytest.mark.django_db
LIST = "/admin/messaging/deliveries/"
BUDGET = 25


def officer(name, unit, role="clerk"):
    user = person(name, role=role)
    held = factories.holding(unit, f"Công chức {name}", name)
    held.person.account = user
    held.person.save()
    return user


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def town(lan, minh):
    """Two wards with a message each, one that failed."""
    district = factories.district()
    wards = [factories.ward("Phường Một", parent=district), factories.ward("Phường Hai", parent=district)]
    made = {"district": district, "wards": wards, "messages": [remind(lan, unit=wards[0]), remind(minh, unit=wards[1])]}
    made["failed"] = remind(minh, unit=wards[0])
    Message.objects.filter(pk=made["failed"].pk).update(
        state=State.FAILED, reason=Reason.REFUSED, answer="550 5.1.1", next_try_at=None, done_at=made["failed"].created_at, tries=1
    )
    made["officers"] = [officer("mot", wards[0]), officer("hai", wards[1])]
    return made


def rows(response):
    return [row.pk for row in response.context["object_list"]]


@pytest.mark.accepts("A10")
def test_staff_see_their_own_units_messages_only(town):
    one, two, failed = [*town["messages"], town["failed"]]
    clients = [signed_in(user) for user in town["officers"]]
    assert rows(clients[0].get(LIST)) == [failed.pk, one.pk] and rows(clients[1].get(LIST)) == [two.pk]
    for client, own, foreign in ((clients[0], one, two), (clients[1], two, one)):
        assert client.get(f"{LIST}{own.pk}/").status_code == 200
        assert client.get(f"{LIST}{foreign.pk}/").status_code == 404
        assert client.post(f"{LIST}{foreign.pk}/").status_code == 404
        assert rows(client.get(f"{LIST}?unit={foreign.unit_id}")) in ([], rows(client.get(LIST)))
        assert foreign.unit.name not in client.get(LIST).content.decode()
        assert rows(client.get(f"{LIST}results/")) == rows(client.get(LIST))
    counts = {str(label): count for label, count, _url in clients[1].get(LIST).context["counts"]}
    assert counts[str(State.QUEUED.label)] == 1 and counts[str(State.FAILED.label)] == 0


@pytest.mark.accepts("A10")
def test_who_holds_no_post_sees_nothing_and_who_works_for_all_sees_all(town):
    assert rows(signed_in(person("khong", role="clerk")).get(LIST)) == []
    assert len(rows(signed_in(person("quan-tri", role="administrator")).get(LIST))) == 3
    assert rows(signed_in(officer("quan", town["district"])).get(LIST)) == []
    assert signed_in(person("bien-tap", role="editor")).get(LIST).status_code == 302


@pytest.mark.accepts("A10")
def test_departments_belong_to_their_government_and_wards_to_themselves(town):
    office = factories.unit("Văn phòng", parent=town["district"])
    team = factories.unit("Tổ tiếp dân", parent=office)
    assert units_of(officer("lanh-dao", town["district"])) == {town["district"].pk, office.pk, team.pk}
    assert units_of(officer("van-phong", office)) == {office.pk, team.pk}
    ended = officer("da-nghi", office)
    ended.person.holdings.update(valid_to="2026-01-31")
    assert units_of(ended) == set()


@pytest.mark.accepts("F4")
def test_a_failure_is_told_in_words_and_sent_again_by_a_button(town, sms, settings):
    import datetime as dt

    settings.QUIET_HOURS = (dt.time(0), dt.time(0))
    client, failed = signed_in(town["officers"][0]), town["failed"]
    page = client.get(LIST).content.decode()
    assert "bên nhận không có địa chỉ này" in page and "550 5.1.1" in page
    assert "••• ••• 678" in page and "912345678" not in page and "0912" not in page
    assert "Gửi lại" in client.get(f"{LIST}{failed.pk}/").content.decode()
    assert client.post(f"{LIST}{failed.pk}/").status_code == 302
    event = Event.objects.get(kind="messaging.message_resent")
    assert event.actor == town["officers"][0] and event.subject_id == str(failed.pk)
    failed.refresh_from_db()
    assert failed.state == State.QUEUED and failed.reason == ""
    assert sending.attempt(failed.pk).state == State.SENT
    assert "Gửi lại<" not in client.get(f"{LIST}{failed.pk}/").content.decode()
    with pytest.raises(services.CannotResend):
        services.resend(failed, None)


def test_who_may_only_look_sends_nothing_again(town):
    leader = officer("chu-tich", town["wards"][0], role="leader")
    client = signed_in(leader)
    assert "Gửi lại<" not in client.get(f"{LIST}{town['failed'].pk}/").content.decode()
    assert client.post(f"{LIST}{town['failed'].pk}/").status_code == 302
    town["failed"].refresh_from_db()
    assert town["failed"].state == State.FAILED


def test_the_list_is_narrowed_by_state_and_occasion(town):
    client = signed_in(person("quan-tri", role="administrator"))
    assert rows(client.get(f"{LIST}?state=failed")) == [town["failed"].pk]
    assert len(rows(client.get(f"{LIST}?kind=tests.reminder"))) == 3
    assert rows(client.get(f"{LIST}?kind=messaging.code")) == []
    assert rows(client.get(f"{LIST}?unit={town['wards'][1].pk}")) == [town["messages"][1].pk]


@pytest.mark.accepts("L3")
def test_the_list_asks_the_same_few_questions_with_ten_and_a_hundred_rows(admin_client, lan):
    ward = factories.ward()

    def count(number):
        for _ in range(number):
            remind(lan, unit=ward)
        admin_client.get(LIST)
        with CaptureQueriesContext(connection) as seen:
            assert admin_client.get(LIST).status_code == 200
        return len(seen)

    few = count(10)
    assert count(90) == few <= BUDGET


# ── Texts ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def template(kinds):
    composing.seed()
    return Template.objects.get(kind=REMINDER.key, channel="email", language="vi")


def edit_url(template, view="edit"):
    return reverse(f"wagtailsnippets_messaging_template:{view}", args=[template.pk])


def test_an_editor_changes_a_text_and_an_update_leaves_it_alone(template):
    client = signed_in(person("bien-tap", role="editor"))
    page = client.get(edit_url(template))
    assert page.status_code == 200 and "{link}" in page.content.decode()
    answer = client.post(edit_url(template), {"subject": "Lịch của {name}", "text": "Mời {name}: {link}", "active": "on"})
    assert answer.status_code == 302
    template.refresh_from_db()
    assert (template.subject, template.version) == ("Lịch của {name}", 2) and template.edited_at
    event = Event.objects.get(kind="messaging.template_changed")
    assert event.payload["text"] == "Mời {name}: {link}" and event.payload["before"]["subject"] == "Nhắc lịch: {name}"
    assert composing.seed() == 0
    template.refresh_from_db()
    assert template.subject == "Lịch của {name}"


def test_a_text_that_nobody_changed_follows_the_portals_own(template, monkeypatch):
    monkeypatch.setitem(REMINDER.defaults, ("email", "vi"), ("Mới", "Bản mới {name}"))
    assert composing.seed() == 1
    template.refresh_from_db()
    assert template.text == "Bản mới {name}"


@pytest.mark.accepts("B12", "B13")
@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("text", "Chào {x.__class__}", "{x.__class__}"), ("text", "{% load x %}", "{% load x %}"), ("text", "{{ name }}", "{{ name }}"),
        ("text", "{ai_do}", "{ai_do}"), ("subject", "{name.first}", "{name.first}"), ("text", "{name", "{name"),
    ],
)  # fmt: skip
def test_what_is_no_placeholder_is_refused_with_its_name(template, field, value, says):
    client = signed_in(person("bien-tap", role="editor"))
    answer = client.post(edit_url(template), {"subject": "Lịch", "text": "Mời", "active": "on", field: value})
    assert answer.status_code == 200
    message = " ".join(answer.context["form"].errors[field])
    assert says in message and "{name}" in message and "không được thay" in message
    template.refresh_from_db()
    assert template.version == 1


def test_the_service_refuses_what_the_form_would(template):
    template.text = "Chào {ai_do}"
    with pytest.raises(ValidationError, match="ai_do"):
        services.save_template(template, None)
    assert not Event.objects.exists()


def test_a_code_stays_in_its_message_and_is_never_switched_off(template):
    code = Template.objects.get(kind="messaging.code", channel="sms", language="vi")
    client = signed_in(person("bien-tap", role="editor"))
    errors = client.post(edit_url(code), {"subject": "", "text": "Xin chào"}).context["form"].errors
    assert "{code}" in errors["text"][0] and "active" in errors


def test_both_languages_and_the_length_stand_in_the_preview(template):
    sms = Template.objects.get(kind=REMINDER.key, channel="sms", language="vi")
    client = signed_in(person("bien-tap", role="editor"))
    url = edit_url(sms, "preview_on_edit")
    client.post(url, {"subject": "", "text": "Nhắc {name}", "active": "on"})
    page = client.get(url).content.decode()
    assert "Nhắc Nguyễn Thị Mẫu" in page and "Reminder Nguyễn Thị Mẫu" in page
    assert "UCS-2" in page and "Không dấu: 1 phần" in page


def test_nobody_adds_or_deletes_texts(template, admin_client):
    assert admin_client.get(reverse("wagtailsnippets_messaging_template:add")).status_code in {302, 403}
    assert admin_client.post(edit_url(template, "delete")).status_code in {302, 403}
    admin_client.post(f"/admin/bulk/messaging/template/delete/?id={template.pk}&next=/admin/")
    assert Template.objects.filter(pk=template.pk).exists()


def test_templates_ask_the_same_few_questions(admin_client, template):
    with CaptureQueriesContext(connection) as seen:
        assert admin_client.get(reverse("wagtailsnippets_messaging_template:list")).status_code == 200
    assert len(seen) <= BUDGET
