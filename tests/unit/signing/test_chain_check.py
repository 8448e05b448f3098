"""Which certificates may seal or link, under which anchors, when."""

from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID as Eku
from cryptography.x509.oid import NameOID
from seal_kit import NOW, NOW_MS, certificate, issued, pki, rsa_key

from signing.chain import CertificateError, Use, check_chain, load_seal_certificate, subject_agency
from signing.devpki import DevPki, is_development
from signing.keys import Algorithm, load_signer
from signing.verdict import Indication

LINK_CLIENT = pki().link_client("node.example", NOW)
LINK_SERVER = pki().link_server(["hub.example", "127.0.0.1"], NOW)
ISSUING_KEY = serialization.load_pem_private_key(pki().issuing_key, None)
ISSUING = x509.load_pem_x509_certificate(pki().issuing)
P256 = ec.generate_private_key(ec.SECP256R1())
BITS = dict.fromkeys(
    (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    ),
    False,
)


def verdict_on(der: bytes, use: Use = Use.SEAL, at: datetime = NOW, anchors: list[bytes] | None = None) -> object:
    return check_chain(der, pki().intermediates, pki().anchors if anchors is None else anchors, at, use).reason


def custom(
    bits: tuple[str, ...] | None = ("digital_signature", "content_commitment"),
    purposes: tuple[x509.ObjectIdentifier, ...] = (),
    key: object = P256,
    *,
    usage_critical: bool = True,
    authority: bool = False,
    more: tuple[tuple[x509.ExtensionType, bool], ...] = (),
) -> bytes:
    """A certificate under our issuing authority with any usage and key."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "custom")]))
        .issuer_name(ISSUING.subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    if bits is not None:
        usage = x509.KeyUsage(**{**BITS, **dict.fromkeys(bits, True)})
        builder = builder.add_extension(usage, critical=usage_critical)
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    for extension, critical in more:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(ISSUING_KEY, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def test_each_use_takes_its_own_certificate_and_no_other():
    seals = {Use.SEAL, Use.DOCUMENT}  # a seal's certificate signs files, too
    for der, uses in (
        (issued().der, seals),
        (LINK_CLIENT.der, {Use.LINK_CLIENT}),
        (LINK_SERVER.der, {Use.LINK_SERVER}),
    ):
        for wanted in Use:
            expected = None if wanted in uses else Indication.CHAIN_CONSTRAINTS_FAILURE
            assert verdict_on(der, wanted) is expected


@pytest.mark.parametrize(
    ("der", "held"),
    [
        (custom(), True),
        (custom(("content_commitment",)), True),
        (custom(("digital_signature",)), True),
        (custom(purposes=(Eku.CLIENT_AUTH, Eku.EMAIL_PROTECTION)), True),
        (custom(("digital_signature",), (Eku.CLIENT_AUTH,)), False),
        (custom(("key_encipherment",)), False),
        (custom(None), False),
        (custom(usage_critical=False), False),
        (custom(authority=True), False),
        (custom(("digital_signature", "key_cert_sign")), False),
        (custom(("digital_signature", "crl_sign")), False),
        (custom(purposes=(Eku.TIME_STAMPING,)), False),
        (custom(purposes=(Eku.OCSP_SIGNING,)), False),
        (custom(purposes=(Eku.ANY_EXTENDED_KEY_USAGE,)), False),
    ],
)
def test_a_seal_certificate_is_for_seals(der: bytes, held: bool):  # noqa: FBT001 - a table's column
    assert verdict_on(der) is (None if held else Indication.CHAIN_CONSTRAINTS_FAILURE)
    if held:
        assert load_seal_certificate(der).alg is Algorithm.ES256
    else:
        with pytest.raises(CertificateError):
            load_seal_certificate(der)


def test_an_unknown_critical_extension_is_not_overlooked():
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    assert verdict_on(custom(more=((unknown, False),))) is None
    assert verdict_on(custom(more=((unknown, True),))) is Indication.NO_CERTIFICATE_CHAIN_FOUND


@pytest.mark.parametrize(
    "key",
    [
        rsa.generate_private_key(public_exponent=65537, key_size=2048),
        rsa.generate_private_key(public_exponent=3, key_size=3072),
        ec.generate_private_key(ec.SECP521R1()),
        ec.generate_private_key(ec.BrainpoolP384R1()),
        ed25519.Ed25519PrivateKey.generate(),
    ],
)
def test_keys_outside_the_closed_list_are_refused(key: object):
    der = custom(key=key)
    with pytest.raises(CertificateError, match="closed list"):
        load_seal_certificate(der)
    assert verdict_on(der) in {Indication.CRYPTO_CONSTRAINTS_FAILURE, Indication.NO_CERTIFICATE_CHAIN_FOUND}


def test_a_key_on_p384_is_registered_for_its_own_algorithm():
    der = custom(key=ec.generate_private_key(ec.SECP384R1()))
    assert verdict_on(der) is None
    assert load_seal_certificate(der).alg is Algorithm.ES384
    with pytest.raises(CertificateError):
        load_seal_certificate(der, alg=Algorithm.ES256)


def test_rsa_certificates_are_registered_for_one_padding():
    der = custom(key=rsa_key())
    assert verdict_on(der) is None
    assert load_seal_certificate(der).alg is Algorithm.PS256
    assert load_seal_certificate(der, alg=Algorithm.RS256).alg is Algorithm.RS256
    with pytest.raises(CertificateError):
        load_seal_certificate(der, alg=Algorithm.ES256)
    with pytest.raises(CertificateError):
        load_seal_certificate(issued().der, alg=Algorithm.PS256)


def test_validity_ends_with_its_last_second():
    leaf = x509.load_der_x509_certificate(issued().der)
    start, end = leaf.not_valid_before_utc, leaf.not_valid_after_utc
    assert verdict_on(issued().der, at=start) is None
    assert verdict_on(issued().der, at=start - timedelta(milliseconds=1)) is Indication.NOT_YET_VALID
    assert verdict_on(issued().der, at=end) is None
    assert verdict_on(issued().der, at=end + timedelta(seconds=1)) is Indication.EXPIRED
    assert certificate().not_before_ms == int(start.timestamp() * 1000)
    assert certificate().not_after_ms == int(end.timestamp() * 1000) + 999


def test_a_path_needs_its_anchor_its_issuer_and_a_valid_issuer():
    der = issued().der
    assert verdict_on(der, anchors=[]) is Indication.NO_CERTIFICATE_CHAIN_FOUND
    assert verdict_on(der, anchors=DevPki.create(NOW).anchors) is Indication.NO_CERTIFICATE_CHAIN_FOUND
    assert check_chain(der, [], pki().anchors, NOW).reason is Indication.NO_CERTIFICATE_CHAIN_FOUND
    assert check_chain(der, pki().intermediates * 5, pki().anchors, NOW).reason is Indication.NO_CERTIFICATE_CHAIN_FOUND
    long = pki().seal("a100001", NOW, days=365 * 20).der
    assert verdict_on(long, at=NOW + timedelta(days=365 * 6)) is Indication.NO_CERTIFICATE_CHAIN_FOUND


def test_the_issuing_authority_may_itself_be_the_anchor():
    assert check_chain(issued().der, [], pki().intermediates, NOW).passed


def test_a_seal_key_issues_nothing():
    own = serialization.load_pem_private_key(issued().key, None)
    parent = x509.load_der_x509_certificate(issued().der)
    child = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "child")]))
        .issuer_name(parent.subject)
        .public_key(P256.public_key())
        .serial_number(8)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=1))
        .add_extension(x509.KeyUsage(**{**BITS, "digital_signature": True}), critical=True)
        .sign(own, hashes.SHA256())
        .public_bytes(serialization.Encoding.DER)
    )
    chain = [issued().der, *pki().intermediates]
    assert check_chain(child, chain, pki().anchors, NOW).reason is Indication.NO_CERTIFICATE_CHAIN_FOUND


@pytest.mark.parametrize("der", [b"", b"\x30\x00", b"no", issued().der[:-1], issued().der + b"\0", b"\x30" * 20_000])
def test_what_is_no_certificate_is_a_format_failure(der: bytes):
    assert verdict_on(der) is Indication.FORMAT_FAILURE
    assert check_chain(issued().der, [der], pki().anchors, NOW).reason is Indication.FORMAT_FAILURE
    with pytest.raises(CertificateError):
        load_seal_certificate(der)


def test_the_development_authority_comes_back_from_its_own_text():
    again = DevPki(pki().root, pki().issuing, pki().issuing_key)
    fresh = again.seal("a100007", NOW)
    assert verdict_on(fresh.der) is None
    assert subject_agency(fresh.der) == "a100007"
    assert subject_agency(LINK_SERVER.der) is None
    assert is_development(fresh.der)
    assert not is_development(custom())
    assert fresh.chain == fresh.certificate + again.issuing
    with pytest.raises(TypeError):
        DevPki(pki().root, pki().issuing, issued(kind="RSA").key)


def test_link_server_names_are_hosts_and_addresses():
    names = x509.load_der_x509_certificate(LINK_SERVER.der).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    assert names.value.get_values_for_type(x509.DNSName) == ["hub.example"]
    assert [str(one) for one in names.value.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]


def test_a_loaded_certificate_carries_what_the_registry_says():
    one = load_seal_certificate(issued().der, agency="a100001", revoked_at_ms=NOW_MS)
    assert (one.agency, one.revoked_at_ms, one.der) == ("a100001", NOW_MS, issued().der)
    assert one.x5t == load_signer(issued().key, issued().certificate).x5t
