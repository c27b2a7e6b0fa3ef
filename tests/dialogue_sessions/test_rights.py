"""Pages that take two rights are opened by neither of them alone (A10): with one, nothing is read, changed or put on record."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from dialogue_sessions import services
from dialogue_sessions.enums import Source
from dialogue_sessions.models import AttendanceClosing, ReceptionCase
from safeguards.models import Event
from tests.organisation import factories

from .making import fresh, open_pool, open_session, person
from .promising import held_session
from .staff import officer, page_of, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.accepts("A10")]
OFFICE, RECORDS = "dialogue_sessions_backoffice:", "dialogue_records:"


def with_rights(user, *names):
    """The account as it is let into the back office, with these rights of ours and no other."""
    user.groups.clear()
    wanted = Permission.objects.filter(content_type__app_label="dialogue_sessions", codename__in=names)
    assert len(wanted) == len(names)
    user.user_permissions.set([*wanted, Permission.objects.get(codename="access_admin")])
    return type(user).objects.get(pk=user.pk)


@pytest.fixture
def ward():
    return factories.ward("Phường Hai Quyền")


@pytest.mark.parametrize(("name", "rights", "sent"), [
    ("registrations_find", ("view_registration", "reveal_registration"), {"name": "Nguyễn Văn một"}),
    ("registrations_bulk", ("view_registration", "manage_registration"), {"action": "cancel", "why": "asked"}),
    ("registrations_export", ("view_registration", "export_registration"), {"format": "csv"}),
])  # fmt: skip
def test_one_right_of_two_is_none(ward, name, rights, sent):
    pool = open_pool(unit=ward)
    row = services.hold(pool, person("một"), source=Source.PAPER)
    address, sent = reverse(f"{OFFICE}{name}", args=[pool.session_id]), {**sent, "row": row.pk}
    for number, right in enumerate(rights):
        client, before = signed_in(with_rights(officer(f"mot-{number}", ward), right)), Event.objects.count()
        answer = client.post(address, sent)
        assert answer.status_code == 302 and answer["Location"] == reverse("wagtailadmin_home")
        assert (fresh(row).state, Event.objects.count()) == ("confirmed", before)
    both = signed_in(with_rights(officer("hai", ward), *rights)).post(address, sent)
    assert both.status_code == 200 or (name.endswith("bulk") and fresh(row).state == "cancelled")


def test_papers_take_the_right_to_read_who_registered(ward):
    session = open_session(unit=ward, kind="periodic")
    address = reverse(f"{OFFICE}papers", args=[session.pk])
    for number, right in enumerate(("view_registration", "reveal_registration")):
        assert signed_in(with_rights(officer(f"giay-{number}", ward), right)).get(address).status_code == 302
    assert signed_in(with_rights(officer("giay", ward), "view_registration", "reveal_registration")).get(address).status_code == 200


def test_a_case_is_opened_by_who_may_change_it_alone(ward):
    case = services.save_case(ReceptionCase(session=held_session(unit=ward, kind="periodic")), "Việc rất kín", "", None)
    address = reverse(f"{RECORDS}case", args=[case.session_id, case.pk])
    for number, right in enumerate(("view_receptioncase", "change_receptioncase")):
        answer = signed_in(with_rights(officer(f"xem-{number}", ward), right)).post(address, {"read": "1"})
        assert answer.status_code == 302 and not Event.objects.filter(kind="dialogue_sessions.case_read").exists()
    client = signed_in(with_rights(officer("sua", ward), "view_receptioncase", "change_receptioncase"))
    assert "Việc rất kín" in page_of(client.post(address, {"read": "1"}))


def test_who_may_only_look_closes_no_list_of_who_came(ward):
    session = held_session(unit=ward)
    address = reverse("dialogue_sessions_day:session", args=[session.pk])
    client = signed_in(with_rights(officer("nhin", ward), "view_registration"))
    assert client.get(address).status_code == 200
    client.post(address, {"do": "close"})
    assert not AttendanceClosing.objects.exists()
    signed_in(with_rights(officer("diem-danh", ward), "view_registration", "manage_registration")).post(address, {"do": "close"})
    assert AttendanceClosing.objects.filter(session=session).count() == 1
