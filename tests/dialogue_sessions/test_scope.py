"""A10: staff of one unit never see another's sessions: every address of the back office that belongs to this application is walked as an
officer of another unit. A new address without a row to try fails."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dialogue_sessions import scope, services
from dialogue_sessions.contacts import applicant
from dialogue_sessions.enums import Source
from dialogue_sessions.models import DialogueRequest, LegalMinimum, LegalTerm, Pool, Promise, Question, Registration, Series, Session
from dialogue_sessions.services import Seats
from organisation.models import Population, Unit
from tests.acceptance.addresses import patterns
from tests.organisation import factories
from tests.safeguards.staff import person as account

from .asking import accepted, written
from .making import DAY, HOUR, fresh, open_pool
from .promising import open_promise
from .staff import officer, page_of, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.accepts("A10")]
SECRET = "Việc riêng của phường Một"  # pragma: allowlist secret
POLICIES = ("retentionpolicy", "consenttext", "seatpolicy", "prioritygroup", "requestthreshold", "recordpolicy")
# Addresses of the law's tables and of dated policies: the same for every unit.
EVERYBODYS = tuple(
    f"wagtailsnippet{kind}_dialogue_sessions_{table}" for kind in ("s", "choosers") for table in ("legal", *POLICIES)
)  # fmt: skip


@pytest.fixture
def town():
    """A ward with one of everything, and who works in the ward beside it with every right that there is."""
    district = factories.district()
    mine, other = factories.ward("Phường Một", parent=district), factories.ward("Phường Hai", parent=district)
    pool = open_pool(9, unit=mine, title=SECRET)
    registration = services.hold(pool, applicant("Nguyễn Thị Thử", "0900 111 222", village="Thôn Một"), source=Source.PAPER)
    series = Series(unit=mine, kind="thematic", title=f"{SECRET} cả năm", slug="ca-nam")
    begins = pool.session.starts_at + 30 * DAY
    services.plan_year(series, [(begins, begins + HOUR)], [Seats(1)], None)
    Population.objects.create(unit=mine, counted_on=timezone.localdate() - 30 * DAY, inhabitants=200, voters=100)
    return {
        "mine": mine, "other": other,
        "rows": {
            Session: pool.session, Pool: pool, Registration: registration, Series: series, Promise: open_promise(unit=mine),
            Question: accepted(pool.session), DialogueRequest: written(mine),
        },
        "officer": everything(officer("hai", other, "leader")), "own": everything(officer("mot", mine, "leader")),
    }  # fmt: skip


def everything(user):
    """With every right of this application: what hides a row is the unit, not a missing right."""
    from django.contrib.auth.models import Permission

    user.user_permissions.set(Permission.objects.filter(content_type__app_label="dialogue_sessions"))
    return type(user).objects.get(pk=user.pk)


# Which row stands in `pk` of an address; a new address that is named nowhere here fails.
SESSIONS = {
    "session", "edit", "announce", "move", "cancel", "close", "reopen", "pool", "registrations", "registrations_find", "registrations_bulk",
    "registrations_export", "door", "send", "agenda", "agenda_item", "delay", "file", "papers", "write_down",
}  # fmt: skip
ROW_OF = dict.fromkeys(SESSIONS, Session) | {
    "series": Series, "series_announce": Series, "series_cancel": Series, "series_edit": Series, "capacity": Pool, "reveal": Registration,
    "written_down": Registration, "ticket": Registration, "question": Question, "request": DialogueRequest, "promise": Promise,
    "promise_action": Promise,
}  # fmt: skip
ELSEWHERE = {"correction"}  # a correction takes minutes that are open: tests/dialogue_sessions/test_records_office.py
WITHOUT = {"board", "planner", "series_list", "add"}
OWN = "dialogue_sessions_backoffice:"


def ours():
    """Every address of the back office whose view is this application's."""
    found = [
        one for one in patterns()
        if one.staff and getattr(one.callback, "__module__", "").startswith("dialogue_sessions.") and not one.key.startswith(EVERYBODYS)
    ]  # fmt: skip
    assert {one.name.removeprefix(OWN) for one in found} >= WITHOUT | {"session", "registrations", "reveal", "capacity", "series"}
    return found


def made(town, pattern):
    """Its address for the ward's own row; what stands below a session that is hidden may be any number."""
    name = pattern.name.rpartition(":")[2]
    if not pattern.arguments:
        return reverse(pattern.name)
    rest = {argument: "publish" if argument == "action" else 1 for argument in pattern.arguments}
    if "session_pk" in pattern.arguments:
        return reverse(pattern.name, kwargs=rest | {"session_pk": town["rows"][Session].pk})
    if name in ELSEWHERE:
        return reverse(pattern.name, kwargs=rest)
    assert name in ROW_OF and "pk" in pattern.arguments, f"{pattern.key}: say in this test which row stands in it"
    return reverse(pattern.name, kwargs=rest | {"pk": town["rows"][ROW_OF[name]].pk})


def test_every_address_hides_what_belongs_to_another_unit(town):
    client = signed_in(town["officer"])
    for pattern in ours():
        address = made(town, pattern)
        for response in (client.get(address), client.post(address, {"row": "1", "name": "Nguyễn Thị Thử"})):
            if pattern.arguments:
                assert response.status_code in {404, 405}, (pattern.key, response.status_code)
            assert SECRET not in page_of(response) and "Nguyễn Thị Thử" not in page_of(response), pattern.key
            # Who answers beside may be any unit of the organisation: there, and only there, its name stands.
            head, fieldset, rest = page_of(response).partition('id="id_attending"')
            assert "Phường Một" not in head + rest.partition("</fieldset>")[2 if fieldset else 0], pattern.key
    assert fresh(town["rows"][Session]).state == "open" and fresh(town["rows"][Registration]).state == "confirmed"


def test_the_own_units_staff_see_what_the_others_do_not(town):
    client = signed_in(town["own"])
    for pattern in (one for one in ours() if one.name.startswith(OWN)):
        response = client.get(made(town, pattern))
        assert response.status_code in {200, 405}, (pattern.key, response.status_code)
    assert SECRET in page_of(client.get(reverse("dialogue_sessions_backoffice:board")))


def test_counts_lists_and_filters_hold_the_own_units_rows_only(town):
    theirs, own = signed_in(town["officer"]), signed_in(town["own"])
    board = reverse("dialogue_sessions_backoffice:board")
    assert [column["count"] for column in theirs.get(board).context["columns"]] == [0] * 7
    assert sum(column["count"] for column in own.get(board).context["columns"]) == 2
    assert sum(column["count"] for column in theirs.get(f"{board}?unit={town['mine'].pk}").context["columns"]) == 0
    assert list(theirs.get(reverse("dialogue_sessions_backoffice:series_list")).context["page"]) == []


def test_querysets_are_those_of_the_units_that_one_works_for(town):
    clerk, everybody, nobody = town["officer"], account("kiem-tra", role="auditor"), account("khong", role="clerk")
    for rows in (scope.sessions_for, scope.series_for, scope.registrations_for):
        assert (rows(clerk).count(), rows(nobody).count()) == (0, 0) and rows(town["own"]).count() >= 1 and rows(everybody).count() >= 1
    assert set(scope.units_for(clerk)) == {town["other"]} and scope.units_for(everybody).count() == Unit.objects.count()
    assert scope.rows_for(clerk, Pool.objects.all(), "session__unit").count() == 0


def test_whoever_is_not_signed_in_is_led_to_the_door(town):
    client = Client()
    for pattern in ours():
        address = made(town, pattern)
        for response in (client.get(address), client.post(address)):
            assert response.status_code in {302, 405}, pattern.key


@pytest.mark.parametrize("model", [LegalTerm, LegalMinimum])
def test_what_the_law_asks_is_the_same_for_everybody_and_kept_by_those_with_the_right(town, model):
    name = f"wagtailsnippets_dialogue_sessions_{model._meta.model_name}"
    row = model.objects.first()
    may, looks = signed_in(account("quan-tri", role="administrator")), signed_in(account("kiem-tra", role="auditor"))
    assert may.get(reverse(f"{name}:list")).status_code == 200 == looks.get(reverse(f"{name}:list")).status_code
    assert may.get(reverse(f"{name}:edit", args=[row.pk])).status_code == 200
    assert looks.get(reverse(f"{name}:edit", args=[row.pk])).status_code == 302
    assert may.get(reverse(f"{name}:delete", args=[row.pk])).status_code == 302
