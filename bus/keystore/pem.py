"""Certificates in PEM files: a chain as TLS presents it, a file of anchors.

Promises: order is kept; text around the blocks is passed over, as RFC 7468 §2 allows.
"""

import base64
import binascii
from pathlib import Path

_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
MAX_FILE_BYTES = 1_048_576


class PemFileError(Exception):
    """A file is missing or holds no readable certificate; the message names the file."""


def certificates_in(path: Path) -> list[bytes]:
    """Every certificate of a file, DER, at least one.

    Raises:
        PemFileError: as it says.
    """
    try:
        with path.open("rb") as file:
            text = file.read(MAX_FILE_BYTES).decode("ascii")
        blocks = [block.partition(_BEGIN)[2] for block in text.split(_END)[:-1]]
        found = [base64.b64decode("".join(block.split()), validate=True) for block in blocks]
    except OSError as error:
        raise PemFileError(f"{path}: {error.strerror}") from None
    except (UnicodeDecodeError, binascii.Error):
        raise PemFileError(f"{path} holds something that is no PEM certificate") from None
    if not all(found) or not found:
        raise PemFileError(f"{path} holds no PEM certificate")
    return found
