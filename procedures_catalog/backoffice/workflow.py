"""The catalogue's way of approval."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from wagtail.models import Workflow, WorkflowContentType, WorkflowTask

from ..models import FourEyesTask, ProcedureVersion

# Stored words, seen by editors: in the language of the installation.
WORKFLOW = "Duyệt thủ tục"
TASK = "Người thứ hai duyệt"


@transaction.atomic
def set_up(publishers: Group) -> bool:
    """Make the workflow of versions unless they have one; gives whether it was made."""
    content_type = ContentType.objects.get_for_model(ProcedureVersion, for_concrete_model=False)
    if WorkflowContentType.objects.filter(content_type=content_type).exists():
        return False
    workflow = Workflow.objects.create(name=WORKFLOW)
    task = FourEyesTask.objects.create(name=TASK)
    task.groups.add(publishers)
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=0)
    WorkflowContentType.objects.create(content_type=content_type, workflow=workflow)
    return True
