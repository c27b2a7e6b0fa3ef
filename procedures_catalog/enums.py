"""The words of a procedure's record, with the sets that rules speak of beside them."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ChangeKind(models.TextChoices):
    """What a publication decision does (NĐ 63/2010, domain.md 2.3)."""

    NEW = "new", _("new")
    AMENDED = "amended", _("amended")
    REPLACED = "replaced", _("replaces others")
    ABOLISHED = "abolished", _("abolished")


class EndKind(models.TextChoices):
    """Why a version stopped being in force."""

    SUPERSEDED = "superseded", _("superseded by a new version")
    REPLACED = "replaced", _("replaced by another procedure")
    ABOLISHED = "abolished", _("abolished")
    EXPIRED = "expired", _("expired")


class State(models.TextChoices):
    """Where a version is in its life on a day. Computed from `live` and dates, stored nowhere."""

    DRAFT = "draft", _("draft")
    UPCOMING = "upcoming", _("published, not yet in force")
    EFFECTIVE = "effective", _("in force")
    SUPERSEDED = "superseded", _("superseded")
    ABOLISHED = "abolished", _("abolished")


PUBLIC_STATES = [State.UPCOMING, State.EFFECTIVE, State.SUPERSEDED, State.ABOLISHED]
EDITABLE_STATES = [State.DRAFT, State.UPCOMING]


class Channel(models.TextChoices):
    """How a dossier may be filed (NĐ 61/2018 Đ16; NĐ 118/2025)."""

    COUNTER = "counter", _("at the counter")
    ONLINE = "online", _("online")
    POST = "post", _("by post")


class LimitUnit(models.TextChoices):
    """Unit of a time limit. Working days and days are different things."""

    SAME_DAY = "same_day", _("the same working day")
    WORKING_HOURS = "working_hours", _("working hours")
    HOURS = "hours", _("hours")
    WORKING_DAYS = "working_days", _("working days")
    DAYS = "days", _("days")
    MONTHS = "months", _("months")


class OnlineLevel(models.TextChoices):
    """Service level since NĐ 42/2022, kept by NĐ 224/2026."""

    FULL = "full", _("entirely online")
    PARTIAL = "partial", _("partly online")
    INFORMATION = "information", _("information only")


class PartialReason(models.TextChoices):
    """Why a service is only partly online: NĐ 224/2026 Đ14 demands that it be said."""

    PRESENCE = "presence", _("the law asks you to come in person")
    FIELD_CHECK = "field_check", _("somebody has to check on the spot")
    INCIDENT = "incident", _("technical incident")
    TECHNICAL = "technical", _("other technical reason")


class Audience(models.TextChoices):
    """Who a procedure is for (đối tượng thực hiện)."""

    CITIZEN = "citizen", _("Vietnamese citizens")
    OVERSEAS_VIETNAMESE = "overseas_vietnamese", _("Vietnamese living abroad")
    FOREIGNER = "foreigner", _("foreigners")
    OFFICIAL = "official", _("officials and public employees")
    HOUSEHOLD_BUSINESS = "household_business", _("household businesses")
    ENTERPRISE = "enterprise", _("enterprises")
    FOREIGN_INVESTED = "foreign_invested", _("enterprises with foreign capital")
    COOPERATIVE = "cooperative", _("cooperatives")
    ORGANISATION = "organisation", _("organisations")
    FOREIGN_ORGANISATION = "foreign_organisation", _("foreign organisations")
    PARTY = "party", _("Party bodies and members")


class AgencyRole(models.TextChoices):
    """The four roles of agencies in a record (domain.md 2.1, row 8)."""

    COMPETENT = "competent", _("decides")
    DELEGATED = "delegated", _("decides by delegation")
    RECEIVING = "receiving", _("receives")
    COORDINATING = "coordinating", _("is consulted")


class FeeKind(models.TextChoices):
    """Phí, lệ phí, giá: three different things in law."""

    FEE = "fee", _("fee")
    CHARGE = "charge", _("charge")
    PRICE = "price", _("price")


class DocumentKind(models.TextChoices):
    """Kinds of legal document."""

    LAW = "law", _("law")
    DECREE = "decree", _("decree")
    CIRCULAR = "circular", _("circular")
    RESOLUTION = "resolution", _("resolution")
    DECISION = "decision", _("decision")
    OTHER = "other", _("other document")


class IssuerLevel(models.TextChoices):
    """Who publishes a decision: law gives them different deadlines."""

    MINISTRY = "ministry", _("minister")
    PROVINCE = "province", _("chair of a province")


class Regime(models.TextChoices):
    """Structure of government that a record was written for; it abolishes nothing."""

    THREE_TIER = "three_tier", _("three tiers (until 30 June 2025)")
    TWO_TIER = "two_tier", _("two tiers (since 1 July 2025)")


class ApprovalKind(models.TextChoices):
    """How a revision came to be approved."""

    REVIEW = "review", _("reviewed by a second person")
    IMPORT = "import", _("import of an official record")
