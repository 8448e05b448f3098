"""The governed context: schemas that services may use, each with its owner, its legal basis, its date, its terms.

Promises: nothing incomplete is registered there, and the refusal names everything that is missing; an agency registers
under its own name only. Leaves out: whether a dictionary knows a term (the registry's snapshot).
"""

from __future__ import annotations

from bus.registration import errors
from bus.registration.access import Principal
from bus.registration.judge import target_of
from bus.registration.stored import Content
from config.registrants import Right
from registry.registered.governance import missing
from registry.registered.names import Subject


def require_governed(governed: str | None, who: Principal, subject: Subject, content: Content) -> None:
    """Pass a schema that may stand in its context.

    Raises:
        RegistrationError: 42201 with every reason.
    """
    if governed is None or subject.context != governed:
        return
    properties = (content.metadata.properties if content.metadata else None) or {}
    reasons = missing(content.type, content.text, properties)
    for reference in content.references:
        target = target_of(subject.context, reference)
        if target is None or target.context != governed:
            reasons.append(f"references: {reference.name[:80]} is not in context {governed}")
    owner = properties.get("owner")
    if owner and owner != who.agency and not who.may(Right.ADMIN, subject):
        reasons.append(f"owner: {owner} is not the agency of this key ({who.agency})")
    if reasons:
        text = f"Invalid schema: context {governed} is governed: {'; '.join(reasons)}"
        raise errors.invalid_schema(text, rule="governed", reasons=reasons)
