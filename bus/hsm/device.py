"""One token through python-pkcs11: log in once, find keys once, sign digests. Only the token's own process imports it.

Promises: what the vendor's library says becomes a `TokenError` with a `Fault`; keys are made sensitive and never
extractable, and take no other use than signing; ES256 and ES384 are CKM_ECDSA over the digest (r ‖ s), PS256
CKM_RSA_PKCS_PSS, RS256 CKM_RSA_PKCS over the DigestInfo, so that no token needs to know how to hash. The PIN is
overwritten here after the login; copies that Python and the vendor's library made end with the process. Leaves out:
queues, restarts.

Sources: PKCS #11 v2.40 mechanisms §2.1 (RSA), §2.3 (ECDSA); RFC 8017 §9.2 note 1 (DigestInfo of SHA-256).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NoReturn

import pkcs11
from pkcs11.util.ec import encode_ec_public_key, encode_named_curve_parameters
from pkcs11.util.rsa import encode_rsa_public_key

from bus.hsm.wire import Fault, Found, KeyName, Open
from config.secrets import SecretError, read_secret

A: Final = pkcs11.Attribute
DIGEST_INFO: Final = bytes.fromhex("3031300d060960864801650304020105000420")
DIGEST_BYTES: Final = 32
P384: Final = 384
"""Where bits of a new key are asked for: P-384 in place of RSA."""
_PSS: Final = (pkcs11.Mechanism.SHA256, pkcs11.MGF.SHA256, DIGEST_BYTES)
_HOW: Final[dict[str, tuple[pkcs11.KeyType, pkcs11.Mechanism, object, int]]] = {
    "ES256": (pkcs11.KeyType.EC, pkcs11.Mechanism.ECDSA, None, DIGEST_BYTES),
    "ES384": (pkcs11.KeyType.EC, pkcs11.Mechanism.ECDSA, None, P384 // 8),
    "PS256": (pkcs11.KeyType.RSA, pkcs11.Mechanism.RSA_PKCS_PSS, _PSS, DIGEST_BYTES),
    "RS256": (pkcs11.KeyType.RSA, pkcs11.Mechanism.RSA_PKCS, None, DIGEST_BYTES),
}
_CURVES: Final = {"P-256": "secp256r1", "P-384": "secp384r1"}
_OF_THE_PIN: Final = (
    pkcs11.PinExpired,
    pkcs11.PinIncorrect,
    pkcs11.PinInvalid,
    pkcs11.PinLenRange,
    pkcs11.PinLocked,
    pkcs11.UserPinNotInitialized,
)
_OF_THE_REQUEST: Final = (
    pkcs11.ArgumentsBad,
    pkcs11.AttributeTypeInvalid,
    pkcs11.AttributeValueInvalid,
    pkcs11.DataInvalid,
    pkcs11.DataLenRange,
    pkcs11.FunctionNotSupported,
    pkcs11.FunctionRejected,
    pkcs11.KeySizeRange,
    pkcs11.KeyTypeInconsistent,
    pkcs11.MechanismInvalid,
    pkcs11.MechanismParamInvalid,
    pkcs11.SessionReadOnly,
    pkcs11.TemplateIncomplete,
    pkcs11.TemplateInconsistent,
    pkcs11.TokenWriteProtected,
)


class TokenError(Exception):
    """The token cannot do it; the words are ours or the name of the library's error, never a value."""

    def __init__(self, fault: Fault, words: str) -> None:
        self.fault = fault
        super().__init__(words)


class Token:
    """A token that is logged in to."""

    def __init__(self, opening: Open) -> None:
        with _translated():
            self._session = _log_in(_find(opening), opening)
        self._keys: dict[KeyName, Any] = {}

    def sign(self, name: KeyName, alg: str, digest: bytes) -> bytes:
        """The raw signature over a digest of the algorithm's length.

        Raises:
            TokenError: there is no such key, it is of another kind, or the token is gone.
        """
        how = _HOW.get(alg)
        if how is None or len(digest) != how[3]:
            raise TokenError(Fault.REFUSED, "only digests of the length that ES256, ES384, PS256 and RS256 sign")
        kind, mechanism, parameter, _ = how
        with _translated():
            key = self._key(name)
            if key.key_type is not kind:
                raise TokenError(Fault.REFUSED, "the key is of another kind than the algorithm")
            data = DIGEST_INFO + digest if alg == "RS256" else digest
            return bytes(key.sign(data, mechanism=mechanism, mechanism_param=parameter))

    def public(self, name: KeyName) -> bytes:
        """The public key as `wire.Public` says."""
        with _translated():
            key = self._key(name)
            wanted = {A.CLASS: pkcs11.ObjectClass.PUBLIC_KEY, A.ID: key.id}
            public = _only(self._session.get_objects(wanted), "public keys of this id")
            on_curve = public.key_type is pkcs11.KeyType.EC
            return bytes(encode_ec_public_key(public) if on_curve else encode_rsa_public_key(public))

    def certificate(self, name: KeyName) -> bytes:
        """The certificate of the same id as the key, DER."""
        with _translated():
            return bytes(_only(self._certificates(self._key(name).id), "certificates of the key's id")[A.VALUE])

    def look(self) -> list[Found]:
        """Every signing key, with its certificate where there is one."""
        with _translated():
            keys = self._session.get_objects({A.CLASS: pkcs11.ObjectClass.PRIVATE_KEY})
            return sorted((self._found(key) for key in list(keys)), key=lambda one: (one.label, one.id))

    def make(self, name: KeyName, bits: int) -> None:
        """Make a key pair; a label or id that is taken is refused."""
        if not (name.label and name.id):
            raise TokenError(Fault.REFUSED, "a new key has a label and an id")
        with _translated():
            if self._matching(KeyName(id=name.id)):
                raise TokenError(Fault.REFUSED, "the id is taken")
            private = {A.SENSITIVE: True, A.EXTRACTABLE: False, A.PRIVATE: True}
            how: dict[str, Any] = {
                "id": name.id,
                "label": name.label,
                "store": True,
                "capabilities": pkcs11.MechanismFlag.SIGN | pkcs11.MechanismFlag.VERIFY,
                "private_template": private,
            }
            if bits not in {0, P384}:
                self._session.generate_keypair(pkcs11.KeyType.RSA, bits, **how)
                return
            curve = {A.EC_PARAMS: encode_named_curve_parameters(_CURVES["P-384" if bits else "P-256"])}
            domain = self._session.create_domain_parameters(pkcs11.KeyType.EC, curve, local=True)
            domain.generate_keypair(**how)

    def keep(self, name: KeyName, certificate: bytes, subject: bytes) -> None:
        """Put a certificate beside a key; the one that was there goes after the new one stands."""
        with _translated():
            key = self._key(name)
            before = self._certificates(key.id)
            self._session.create_object(
                {
                    A.CLASS: pkcs11.ObjectClass.CERTIFICATE,
                    A.CERTIFICATE_TYPE: pkcs11.CertificateType.X_509,
                    A.TOKEN: True,
                    A.LABEL: key.label,
                    A.ID: key.id,
                    A.SUBJECT: subject,
                    A.VALUE: certificate,
                }
            )
            for old in before:
                old.destroy()

    def close(self) -> None:
        """Log out; a token that is gone already is fine."""
        try:
            self._session.close()
        except pkcs11.PKCS11Error:
            return

    def _key(self, name: KeyName) -> Any:  # noqa: ANN401 - python-pkcs11 gives its keys no one type with `sign`
        known = self._keys.get(name)
        if known is None:
            known = self._keys[name] = _only(self._matching(name), "signing keys of this name")
        return known

    def _matching(self, name: KeyName) -> list[Any]:
        wanted: dict[pkcs11.Attribute, Any] = {A.CLASS: pkcs11.ObjectClass.PRIVATE_KEY}
        if name.label:
            wanted[A.LABEL] = name.label
        if name.id:
            wanted[A.ID] = name.id
        return list(self._session.get_objects(wanted))

    def _certificates(self, key_id: bytes) -> list[Any]:
        return list(self._session.get_objects({A.CLASS: pkcs11.ObjectClass.CERTIFICATE, A.ID: key_id}))

    def _found(self, key: Any) -> Found:  # noqa: ANN401 - as above
        certificates = self._certificates(key.id)
        held = bytes(certificates[0][A.VALUE]) if len(certificates) == 1 else b""
        on_curve = key.key_type is pkcs11.KeyType.EC
        kind = _curve_of(key) if on_curve else f"{key.key_type.name}-{key.key_length}"
        return Found(key.label, key.id, kind, bool(key[A.EXTRACTABLE]), held)


def _curve_of(key: Any) -> str:  # noqa: ANN401 - as above
    """Which curve of the list a key is on; `EC` for any other."""
    held = bytes(key[A.EC_PARAMS])
    return next((name for name, curve in _CURVES.items() if encode_named_curve_parameters(curve) == held), "EC")


def _find(opening: Open) -> pkcs11.Token:
    try:
        library = pkcs11.lib(opening.module)
    except (RuntimeError, OSError) as error:
        raise TokenError(Fault.MODULE, f"the module does not load ({type(error).__name__})") from error
    name = opening.token
    tokens = [token for slot in library.get_slots(token_present=True) if (token := _token_of(slot)) is not None]
    fitting = [
        token
        for token in tokens
        if name.label in {"", token.label}
        and name.serial in {"", token.serial.decode("ascii", "replace")}
        and name.slot in {None, token.slot.slot_id}
    ]
    if len(fitting) != 1:
        raise TokenError(Fault.TOKEN, f"{len(fitting)} tokens of this name, exactly one is needed")
    return fitting[0]


def _token_of(slot: pkcs11.Slot) -> pkcs11.Token | None:
    try:
        return slot.get_token()
    except (pkcs11.TokenNotPresent, pkcs11.TokenNotRecognised):
        return None


def _log_in(token: pkcs11.Token, opening: Open) -> pkcs11.Session:
    try:
        pin = bytearray(read_secret(Path(opening.pin_file)))
    except SecretError as error:
        raise TokenError(Fault.PIN, str(error)) from error
    try:
        return token.open(rw=opening.write, user_pin=pin.decode())
    except UnicodeDecodeError as error:
        raise TokenError(Fault.PIN, "a PIN is UTF-8") from error
    finally:
        pin[:] = bytes(len(pin))


def _only(found: Any, what: str) -> Any:  # noqa: ANN401 - as above
    objects = list(found)
    if len(objects) != 1:
        raise TokenError(Fault.KEY, f"{len(objects)} {what}, exactly one is needed")
    return objects[0]


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except pkcs11.PKCS11Error as error:
        _refuse(error)


def _refuse(error: pkcs11.PKCS11Error) -> NoReturn:
    name = type(error).__name__
    if isinstance(error, _OF_THE_PIN):
        raise TokenError(Fault.PIN, f"the token refuses the PIN ({name})") from error
    if isinstance(error, _OF_THE_REQUEST):
        raise TokenError(Fault.REFUSED, f"the token refuses it ({name})") from error
    raise TokenError(Fault.LOST, f"the token is gone or out of order ({name})") from error
