"""`file:` — a PEM key beside its PEM certificate: `file:KEY?certificate=CERT&password=FILE&alg=PS256`.

Promises: the key file is closed to others (`config.secrets`); the key is the certificate's; nothing of either
stands in an error. Leaves out: keys that never leave their hardware, which are another scheme's affair.
"""

from pathlib import Path

from bus.keystore.address import KeyAddress, KeyAddressError
from config.secrets import SecretError, read_secret
from signing.keys import Algorithm, KeyRefusedError, Signer, load_signer

MAX_CERTIFICATE_BYTES = 65_536


def open_address(address: KeyAddress) -> Signer:
    """The signer of a key file.

    Raises:
        KeyAddressError: a file is missing or open to others, or key and certificate do not fit the rules.
    """
    address.only({"certificate", "password", "alg"}, required={"certificate"})
    try:
        return load_signer(
            read_secret(Path(address.place)),
            _certificate(Path(address.options["certificate"])),
            alg=_algorithm(address.options.get("alg")),
            password=_password(address.options.get("password")),
        )
    except SecretError as error:
        raise KeyAddressError(address.scheme, error.rule, str(error)) from None
    except KeyRefusedError as error:
        raise KeyAddressError(address.scheme, "key-refused", f"{address.place}: {error}") from None


def _certificate(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_CERTIFICATE_BYTES)
    except OSError as error:
        raise KeyAddressError("file", "key-certificate", f"{path}: {error.strerror}") from None


def _algorithm(name: str | None) -> Algorithm | None:
    if name is None:
        return None
    try:
        return Algorithm(name)
    except ValueError:
        raise KeyAddressError("file", "key-algorithm", f"alg is one of: {', '.join(Algorithm)}") from None


def _password(path: str | None) -> bytes | None:
    return None if path is None else read_secret(Path(path))
