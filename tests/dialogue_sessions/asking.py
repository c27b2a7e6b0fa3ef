"""Questions, requests and those who send them, for the tests, in the states of their life."""

from __future__ import annotations

import datetime as dt
import itertools
import json

from django.db import connection
from django.test import Client
from django.utils import timezone

from dialogue_sessions import jobs, services
from dialogue_sessions.models import DialogueRequest, Question
from messaging import services as messaging
from messaging.models import Message
from organisation.models import Population
from tests.organisation import factories
from tests.safeguards.staff import person

from .making import open_session

_numbers = itertools.count(1)
TEXT = "Khi nào hẻm 19 có đèn đường? Tôi là Nguyễn Văn Kín, ở số 7."
PUBLIC = "Khi nào hẻm 19 có đèn đường?"


def contact(number=None):
    """Somebody with an address of their own."""
    return messaging.contact_for(f"nguoi{number or next(_numbers)}@example.vn")


def received(session=None, text=TEXT, who=None, **values):
    return services.ask_question(session or open_session(), text, who or contact(), values.get("village", "khu phố 4"))


def accepted(session=None, text=PUBLIC, who=None):
    return services.accept_question(received(session, text, who), text, None)


def assigned(session=None, text=PUBLIC, who=None, unit=None):
    question = accepted(session, text, who)
    return services.assign_question(question, unit or question.session.unit, None, None)


def answered(session=None, text=PUBLIC, who=None):
    return services.publish_answer(assigned(session, text, who), "Xong trước ngày 30/12.", "in_writing", None)


def unit_with_voters(voters=100, name="Phường Sông Lành"):
    unit = factories.ward(name)
    Population.objects.create(unit=unit, counted_on=timezone.localdate() - dt.timedelta(days=30), inhabitants=voters * 2, voters=voters)
    return unit


def written(unit=None, who=None):
    """A request that came in."""
    text = "Ngập hẻm 19\n\nMưa là ngập. Tôi: 0912 345 678"
    signature = services.send_request(unit or unit_with_voters(), text, "Trần Thị Kín", "khu phố 4", who or contact())
    assert services.sign(signature)
    return DialogueRequest.objects.get(pk=signature.request_id)


def opened(unit=None, who=None):
    """A request that everybody may sign."""
    return services.open_request(written(unit, who), "Ngập hẻm 19", "Cứ mưa là ngập đến gối.", None)


def signed(request, who=None, name="Lê Văn Kín"):
    return services.sign(services.prepare_signature(request, name, "khu phố 5", who or contact()))


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def officer(name, unit, role="moderator"):
    """A member of staff with a post in a unit."""
    user = person(name, role=role)
    held = factories.holding(unit, f"Công chức {name}", name)
    held.person.account = user
    held.person.save()
    return user


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def voices(question):
    """The distinct contacts that count for a question, asked of the rows."""
    return Question.objects.get(pk=question.pk).counted_supports.values("digest").distinct().count()


def told(kind):
    """Who was written to on an occasion, in the order of the messages."""
    return [message.contact for message in Message.objects.filter(kind=f"dialogue_sessions.{kind}").select_related("contact").order_by("pk")]


def run_jobs():
    """What the worker would do: the jobs that tell many."""
    with connection.cursor() as cursor:
        cursor.execute("select task_name, args from procrastinate_jobs where task_name like 'dialogue_sessions.tell%' order by id")
        waiting = cursor.fetchall()
        cursor.execute("delete from procrastinate_jobs where task_name like 'dialogue_sessions.tell%'")
    for name, arguments in waiting:
        found = arguments if isinstance(arguments, dict) else json.loads(arguments)
        getattr(jobs, name.removeprefix("dialogue_sessions."))(**found)
