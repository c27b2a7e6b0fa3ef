"""What the organisation tells whoever stands above it and may not be known to it."""

from __future__ import annotations

from django.dispatch import Signal

# Units or fields are called otherwise now: `sender` is the model, `ids` are their keys. Sent in the transaction of the change.
renamed = Signal()
