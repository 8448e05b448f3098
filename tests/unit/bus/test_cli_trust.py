from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bus.app.trust import DevelopmentPkiError, refuse_development_pki
from bus.keystore.development import DevelopmentKeys, make_development_keys
from bus.keystore.pem import PemFileError, certificates_in
from config.embedded import EmbeddedSettings
from config.node import AgencySettings, NodeLinkSettings, NodeRegistrySettings, NodeSettings
from config.parts import TrustSettings
from signing.chain import Use, check_chain
from signing.devpki import is_development

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> DevelopmentKeys:
    folder = tmp_path_factory.mktemp("pki")
    return make_development_keys(folder, now=NOW, agencies=["a100001"], nodes=["node-1"])


def node(keys: DevelopmentKeys, *, allowed: bool) -> NodeSettings:
    return NodeSettings(
        instance="VN-test",
        name="node-1",
        state_folder=keys.folder,
        link=NodeLinkSettings(
            certificate=keys.link_certificate("node-1"),
            key=keys.link_key("node-1"),
            anchors=(keys.root,),
            hub=("127.0.0.1:8441",),
        ),
        registry=NodeRegistrySettings(trusted_root=keys.root, folder=keys.folder),
        agencies=(
            AgencySettings(
                id="a100001",
                seal=keys.seal_address("a100001"),
                archive=keys.folder,
                archive_key=keys.folder / "archive.key",
            ),
        ),
        trust=TrustSettings(allow_development_pki=allowed),
    )


def test_development_may_use_it(keys: DevelopmentKeys):
    refuse_development_pki(node(keys, allowed=True))


def test_elsewhere_the_first_trace_stops_the_start(keys: DevelopmentKeys):
    with pytest.raises(DevelopmentPkiError, match=r"link\.certificate"):
        refuse_development_pki(node(keys, allowed=False))


def test_a_development_root_among_the_anchors_is_enough(keys: DevelopmentKeys, tmp_path: Path):
    real = tmp_path / "real.pem"
    real.write_bytes(self_signed())
    settings = node(keys, allowed=False)
    link = settings.link.model_copy(update={"certificate": real, "anchors": (real, keys.root)})
    with pytest.raises(DevelopmentPkiError, match=r"link\.anchors\[1\]"):
        refuse_development_pki(settings.model_copy(update={"link": link}))


def self_signed() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "real")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, NOW, NOW + timedelta(days=1))
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def test_the_embedded_bus_lives_by_it(tmp_path: Path):
    refuse_development_pki(EmbeddedSettings(state_folder=tmp_path))
    with pytest.raises(DevelopmentPkiError, match="embedded"):
        refuse_development_pki(EmbeddedSettings(state_folder=tmp_path, trust=TrustSettings()))


def test_every_certificate_of_the_folder_says_what_it_is_and_fits_its_use(keys: DevelopmentKeys):
    anchors = certificates_in(keys.root)
    for path, use in (
        (keys.link_certificate("hub"), Use.LINK_SERVER),
        (keys.link_certificate("node-1"), Use.LINK_CLIENT),
    ):
        leaf, *between = certificates_in(path)
        assert check_chain(leaf, between, anchors, NOW, use).passed
        assert is_development(leaf)
    (seal,) = certificates_in(keys.seal_certificate("a100001"))
    assert check_chain(seal, certificates_in(keys.issuing), anchors, NOW, Use.SEAL).passed
    assert all(is_development(der) for der in (seal, *anchors, *certificates_in(keys.issuing)))


def test_private_keys_are_closed_to_others(keys: DevelopmentKeys):
    private = list(keys.folder.rglob("*.key.pem"))
    assert len(private) == 4
    assert all(path.stat().st_mode & 0o077 == 0 for path in private)


def test_a_folder_that_was_cut_short_is_completed(tmp_path: Path):
    first = make_development_keys(tmp_path, now=NOW, nodes=["node-1"])
    first.link_certificate("node-1").unlink()
    root = first.root.read_bytes()
    again = make_development_keys(tmp_path, now=NOW, nodes=["node-1"])
    leaf, *between = certificates_in(again.link_certificate("node-1"))
    assert again.root.read_bytes() == root
    assert check_chain(leaf, between, certificates_in(again.root), NOW, Use.LINK_CLIENT).passed


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "No such file"),
        (b"", "holds no PEM certificate"),
        (b"\xff\xfe", "no PEM certificate"),
        (b"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n", "no PEM certificate"),
        (b"-----END CERTIFICATE-----\n", "no PEM certificate"),
    ],
)
def test_pem_files_that_are_none(tmp_path: Path, content: bytes | None, sentence: str):
    path = tmp_path / "x.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PemFileError, match=sentence):
        certificates_in(path)
