"""Numbers of people and firms as the gate sees them: what can only be a placeholder is refused.

Promises: no number is ever logged or quoted. Leaves out: whether a person exists; only the register can say.
"""

from __future__ import annotations

from schemas.envelope import Subject
from schemas.ids import CitizenNumber, IdentifierError, TaxNumber, refuse_placeholder


def number_fault(subject: Subject) -> str | None:
    """The rule that the subject's number breaks, or None; schemes without a rule of ours pass."""
    try:
        refuse_placeholder(subject.id)
        if subject.scheme == "citizen":
            CitizenNumber.parse(subject.id)
        elif subject.scheme == "business":
            TaxNumber.parse(subject.id)
    except IdentifierError as error:
        return error.rule
    return None
