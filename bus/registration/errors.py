"""What the registry of schemas refuses, as clients of such registries know it: status, code, text.

Promises: codes and texts are those that stock clients and their tests match (Confluent's; docs/schema-registry.md lists
them); an error may quote a schema or a subject, which are public, never a credential.
"""

from __future__ import annotations

from typing import Final

from bus.registration.stored import LATEST
from registry.registered.names import Subject

TOO_LARGE: Final = 42209


class RegistrationError(Exception):
    """A request that is refused.

    Attributes:
        status: of HTTP.
        code: `error_code`.
        more: further members of the answer, which stock clients pass over.
    """

    def __init__(self, status: int, code: int, message: str, **more: object) -> None:
        super().__init__(message)
        self.status: Final = status
        self.code: Final = code
        self.message: Final = message
        self.more: Final = more


def subject_unknown(subject: Subject) -> RegistrationError:
    """40401."""
    return RegistrationError(404, 40401, f"Subject '{subject.text}' not found.")


def version_unknown(number: int) -> RegistrationError:
    """40402."""
    return RegistrationError(404, 40402, f"Version {'latest' if number == LATEST else number} not found.")


def schema_unknown(id_: int | str | None = None) -> RegistrationError:
    """40403."""
    return RegistrationError(404, 40403, "Schema not found" if id_ is None else f"Schema {id_} not found")


def subject_hidden(subject: Subject) -> RegistrationError:
    """40404."""
    text = f"Subject '{subject.text}' was soft deleted.Set permanent=true to delete permanently"
    return RegistrationError(404, 40404, text)


def subject_not_hidden(subject: Subject) -> RegistrationError:
    """40405."""
    text = f"Subject '{subject.text}' was not deleted first before being permanently deleted"
    return RegistrationError(404, 40405, text)


def version_hidden(subject: Subject, number: int) -> RegistrationError:
    """40406."""
    text = f"Subject '{subject.text}' Version {number} was soft deleted.Set permanent=true to delete permanently"
    return RegistrationError(404, 40406, text)


def version_not_hidden(subject: Subject, number: int) -> RegistrationError:
    """40407."""
    text = f"Subject '{subject.text}' Version {number} was not deleted first before being permanently deleted"
    return RegistrationError(404, 40407, text)


def no_config(subject: Subject) -> RegistrationError:
    """40408."""
    text = f"Subject '{subject.text}' does not have subject-level compatibility configured"
    return RegistrationError(404, 40408, text)


def no_mode(subject: Subject) -> RegistrationError:
    """40409."""
    return RegistrationError(404, 40409, f"Subject '{subject.text}' does not have subject-level mode configured")


def no_association(resource: str) -> RegistrationError:
    """40410: this registry keeps no associations."""
    return RegistrationError(404, 40410, f"Association for '{resource}' not found.")


def incompatible(subject: Subject, messages: list[str], **more: object) -> RegistrationError:
    """409: older clients and every test suite want the code 409, not 40901."""
    text = (
        f'Schema being registered is incompatible with an earlier schema for subject "{subject.text}", '
        f"details: [{', '.join(messages)}]"
    )
    return RegistrationError(409, 409, text, **more)


def invalid_schema(why: str, **more: object) -> RegistrationError:
    """42201."""
    return RegistrationError(422, 42201, why, **more)


def invalid_version(text: str) -> RegistrationError:
    """42202."""
    said = (
        f"The specified version '{text[:40]}' is not a valid version id. "
        'Allowed values are between [1, 2^31-1] and the string "latest"'
    )
    return RegistrationError(422, 42202, said)


def invalid_level() -> RegistrationError:
    """42203."""
    text = (
        "Invalid compatibility level. Valid values are none, backward, forward, full, backward_transitive, "
        "forward_transitive, and full_transitive"
    )
    return RegistrationError(422, 42203, text)


def invalid_mode() -> RegistrationError:
    """42204."""
    text = "Invalid mode. Valid values are READWRITE, READONLY, READONLY_OVERRIDE, IMPORT, and FORWARD"
    return RegistrationError(422, 42204, text)


def not_permitted(why: str, **more: object) -> RegistrationError:
    """42205."""
    return RegistrationError(422, 42205, why, **more)


def reference_exists(subject: Subject, number: int, **more: object) -> RegistrationError:
    """42206."""
    text = (
        "One or more references exist to the schema "
        f"{{magic=1,keytype=SCHEMA,subject={subject.text},version={number}}}."
    )
    return RegistrationError(422, 42206, text, **more)


def invalid_subject(text: str) -> RegistrationError:
    """42208."""
    return RegistrationError(422, 42208, f"The specified subject '{text[:80]}' is not a valid.")


def too_large(what: str) -> RegistrationError:
    """42209."""
    return RegistrationError(422, TOO_LARGE, f"{what} operation failed because schema is too large")


def invalid_rules(why: str) -> RegistrationError:
    """42210."""
    return RegistrationError(422, 42210, why)


def context_in_use(context: str) -> RegistrationError:
    """42211."""
    return RegistrationError(422, 42211, f"The specified context '{context}' is not empty.")


def unprocessable(why: str) -> RegistrationError:
    """422: the body is JSON, but not of its form."""
    return RegistrationError(422, 422, why)


def denied(subject: Subject | None = None) -> RegistrationError:
    """403: the key may not do this."""
    where = f" on subject '{subject.text}'" if subject is not None and subject.context else ""
    return RegistrationError(403, 40301, f"User is denied this operation{where}.")


def busy() -> RegistrationError:
    """503: too many comparisons wait."""
    return RegistrationError(503, 50002, "Too many schemas are being compared; try again.")


def not_recorded() -> RegistrationError:
    """503: the ledger takes no records, so nothing may change."""
    return RegistrationError(503, 50001, "The change could not be recorded in the ledger; try again.")
