"""The tables of transitions a second time, by hand. Tests of a service ask the table what is allowed; a table that allows too much would
be believed by all of them. So whoever lets something new happen writes it down here, too."""

import pytest

from dialogue_sessions import enums

TABLES = {
    "SESSION_MOVES": """
        draft: announced cancelled
        announced: open closed under_way cancelled
        open: closed under_way cancelled
        closed: open under_way cancelled
        under_way: held cancelled
        held:
        cancelled:
    """,
    "REGISTRATION_MOVES": """
        held: confirmed expired cancelled
        waiting: offered held confirmed expired cancelled
        offered: confirmed declined expired cancelled
        confirmed: attended no_show cancelled
        attended: no_show confirmed
        no_show: attended confirmed
        declined:
        expired:
        cancelled:
    """,
    "AGENDA_MOVES": """
        to_come: running
        running: done to_come
        done: running
    """,
    "QUESTION_MOVES": """
        unproven: received
        received: accepted refused withdrawn
        accepted: merged assigned answered refused withdrawn
        assigned: merged assigned answered refused withdrawn
        merged: accepted assigned
        answered: answered
        refused:
        withdrawn:
    """,
    "REQUEST_MOVES": """
        unproven: received
        received: open refused
        open: reached scheduled refused closed
        reached: scheduled closed
        scheduled: scheduled closed
        refused:
        closed:
    """,
    "PROMISE_MOVES": """
        draft: open
        open: changed kept kept_late refused
        changed: changed kept kept_late refused
        kept: open
        kept_late: open
        refused: open
    """,
    "MINUTES_MOVES": """
        draft: circulated
        circulated: final
        final: published
        published:
    """,
}
LISTS = {
    "TAKES_PLACE": "announced open closed under_way held",
    "BEFORE_START": "announced open closed",
    "OPEN_TO_CLERKS": "announced open closed under_way",
    "DOOR_STATES": "announced open closed under_way held",
    "SEATED": "held offered confirmed attended no_show",
    "LIVING": "held confirmed waiting offered",
    "UNDECIDED": "held waiting offered",
    "CAME_OR_NOT": "confirmed attended no_show",
    "OVER": "declined expired cancelled",
    "TO_ANSWER": "accepted assigned",
    "LISTED": "accepted assigned answered",
    "QUESTION_OVER": "answered refused withdrawn",
    "REQUESTS_SHOWN": "open reached scheduled closed",
    "SIGNABLE": "open reached",
    "FOLLOWED_UP": "open changed",
    "PUBLIC_PROMISES": "open changed kept kept_late refused",
    "EDITABLE_MINUTES": "draft circulated",
    "FIXED_MINUTES": "final published",
}


@pytest.mark.parametrize("name", TABLES)
def test_nothing_moves_but_as_it_is_written_down(name):
    written = {state.strip(): set(targets.split()) for state, targets in (line.split(":") for line in TABLES[name].strip().splitlines())}
    assert {str(state): {str(to) for to in targets} for state, targets in getattr(enums, name).items()} == written


def test_every_table_of_the_application_is_written_down():
    assert {name for name in vars(enums) if name.endswith("_MOVES")} == set(TABLES)


@pytest.mark.parametrize("name", LISTS)
def test_what_a_set_of_states_means_is_written_down(name):
    assert {str(state) for state in getattr(enums, name)} == set(LISTS[name].split())
