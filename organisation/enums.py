"""Levels of government, kinds of service point and of calendar day."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Level(models.IntegerChoices):
    """Level of government (cấp). Numbers, since a database constraint compares sets of them; districts ended in 2025 and
    stay for what was valid then."""

    UNKNOWN = 0, _("not stated")
    MINISTRY = 1, _("ministry")
    PROVINCE = 2, _("province")
    DISTRICT = 3, _("district")
    WARD = 4, _("ward")
    OTHER = 5, _("other body")

    @property
    def code(self) -> str:
        """The word used in files and URLs."""
        return self.name.lower()


LEVEL_BY_CODE: dict[str, Level] = {level.code: level for level in Level}


class UnitKind(models.TextChoices):
    """What sort of unit (loại cơ quan, đơn vị)."""

    GOVERNMENT = "government", _("province, district or ward itself")
    OFFICE = "office", _("office of the People's Council and Committee")
    DEPARTMENT = "department", _("department")
    CENTRE = "centre", _("public administration centre")
    PUBLIC_SERVICE = "public_service", _("public service unit")
    VERTICAL = "vertical", _("branch of a state agency")
    OTHER = "other", _("other")


class PointKind(models.TextChoices):
    """Kind of service point (NĐ 118/2025): a centre, a branch, a point, the one-stop counter of before."""

    PROVINCE_CENTRE = "province_centre", _("provincial public administration centre")
    WARD_CENTRE = "ward_centre", _("ward public administration centre")
    BRANCH = "branch", _("branch")
    POINT = "point", _("service point")
    ONE_STOP = "one_stop", _("one-stop counter")


class DayKind(models.TextChoices):
    """Why a calendar day differs from an ordinary one."""

    HOLIDAY = "holiday", _("public holiday")
    COMPENSATORY = "compensatory", _("day off in lieu")
    MAKEUP = "makeup", _("make-up working day")
    CLOSED = "closed", _("closed locally")
    OPEN = "open", _("counter open")


class Half(models.TextChoices):
    """Which part of the day an entry covers."""

    FULL = "full", _("whole day")
    MORNING = "am", _("morning")
    AFTERNOON = "pm", _("afternoon")


class LateIntake(models.TextChoices):
    """What the next working day is to a dossier that came after closing time."""

    DAY_ZERO = "day_zero", _("the next working day is the day of receipt")
    DAY_ONE = "day_one", _("the next working day is the first day of the term")
