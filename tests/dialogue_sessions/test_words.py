"""Words that stand in several catalogues: each says here what it means here."""

import pytest
from django.utils import translation

from dialogue_sessions.enums import AgendaState, PromiseState, RequestState
from dialogue_sessions.records.forms import ConclusionLineForm


@pytest.mark.parametrize(
    ("label", "said"),
    [
        (PromiseState.OPEN.label, "đang thực hiện"), (PromiseState.KEPT.label, "đã làm đúng hạn"), (RequestState.CLOSED.label, "đã khép lại"),
        (AgendaState.TO_COME.label, "chưa đến"), (ConclusionLineForm.base_fields["due_on"].label, "Hạn làm xong"),
    ],
)  # fmt: skip
def test_a_state_is_called_what_it_is_and_not_what_the_word_means_elsewhere(label, said):
    with translation.override("vi"):
        assert str(label) == said
