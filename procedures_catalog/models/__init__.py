"""The catalogue's tables: reference data, identity, versions with their parts, and the record of who wrote and approved."""

from .identity import AskedQuestion, LifeEvent, Procedure, ServiceOffer
from .parts import (
    CaseRow,
    ConditionRow,
    FeeRow,
    FormRow,
    InvolvedAgency,
    LegalBasisRow,
    MethodRow,
    PaperRow,
    ProcessRow,
    ResultRow,
    StepRow,
)
from .reference import DecisionFile, LegalDocument, PublicationDecision
from .stored import StoredBody
from .version import ProcedureVersion
from .work import Approval, Contribution, ExportRun, FourEyesTask, ImportRun, VersionNote

# The children of a version, in the order of the page; the name is the key in files and in the JSON of a record.
PARTS: dict[str, type] = {
    "cases": CaseRow,
    "methods": MethodRow,
    "steps": StepRow,
    "process": ProcessRow,
    "papers": PaperRow,
    "fees": FeeRow,
    "forms": FormRow,
    "results": ResultRow,
    "conditions": ConditionRow,
    "legal_bases": LegalBasisRow,
    "agencies": InvolvedAgency,
}

__all__ = [
    "PARTS", "Approval", "AskedQuestion", "CaseRow", "ConditionRow", "Contribution", "DecisionFile", "ExportRun", "FeeRow", "FormRow",
    "FourEyesTask", "ImportRun", "InvolvedAgency", "LegalBasisRow", "LegalDocument", "LifeEvent", "MethodRow", "PaperRow", "Procedure",
    "ProcedureVersion", "ProcessRow", "PublicationDecision", "ResultRow", "ServiceOffer", "StepRow", "StoredBody", "VersionNote",
]  # fmt: skip
