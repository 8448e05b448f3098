"""The tables of tricks with signed containers: the signature file, and what was signed by whom.

The container: `bad_container_rows`; time-stamps and evidence: `bad_proof_rows`.
"""

from __future__ import annotations

import bad_container_rows
import bad_proof_rows
from bad_container_rows import FORMAT, NONE, said
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from lxml import etree
from xades_kit import FILES, SEALS, Bench, Ca, Holder
from xades_tricks import Change, Chapter, Trick, container_of, edited, entries, forged, replaced, zipped

from schemas.xml import Element
from signing.packet import SIGNATURES
from signing.verdict import Verdict
from signing.xades_seal import File
from signing.xades_words import ds, xades

__all__ = ["CHAPTERS", "Trick"]
XML = Chapter("The signature file")
SIGNED = Chapter("What was signed, and by whom")
CRYPTO = "CRYPTO_CONSTRAINTS_FAILURE"
_THREE, _FOUR = "3 signature file", "4 references"


@XML.row("a DOCTYPE", FORMAT, _THREE)
def _(bench: Bench) -> Verdict:
    return said(bench, edited(bench.b(), ("<asic:", "<!DOCTYPE a [<!ENTITY b 'c'>]><asic:")))


@XML.row("another encoding than UTF-8", FORMAT, _THREE)
def _(bench: Bench) -> Verdict:
    packet = bench.b()
    return said(bench, replaced(packet, SIGNATURES, packet.signatures.decode().encode("utf-16")))


@XML.row("a comment inside a digest, which some readers drop and others read up to", FORMAT, _THREE)
def _(bench: Bench) -> Verdict:
    return said(bench, edited(bench.b(), ("<ds:DigestValue>", "<ds:DigestValue><!-- -->")))


@XML.row("a processing instruction", FORMAT, _THREE)
def _(bench: Bench) -> Verdict:
    return said(bench, edited(bench.b(), ("<ds:KeyInfo>", "<ds:KeyInfo><?a b?>")))


@XML.row("text between the elements", FORMAT, _THREE)
def _(bench: Bench) -> Verdict:
    return said(bench, edited(bench.b(), ("<ds:KeyInfo>", "<ds:KeyInfo>see below")))


@XML.row("an Id twice", FORMAT, _THREE)
def _(bench: Bench) -> Verdict:
    return said(bench, edited(bench.b(), ("<ds:KeyInfo>", '<ds:KeyInfo Id="S0-properties">')))


@XML.row("`xml:id`", FORMAT, _THREE)
def _(bench: Bench) -> Verdict:
    return said(bench, edited(bench.b(), ("<ds:KeyInfo>", '<ds:KeyInfo xml:id="S0-properties">')))


@XML.row("wrapping: the signed properties moved into an Object of their own, others in their place", FORMAT, _THREE)
def _(bench: Bench) -> Verdict:
    def wrap(root: Element) -> None:
        properties = root[0].find(".//{*}SignedProperties")
        aside = etree.SubElement(root[0], ds("Object"))
        twin = etree.fromstring(etree.tostring(properties))  # noqa: TID251 - our own text
        aside.append(twin)
        properties.set("Id", "other")

    return said(bench, container_of(forged(bench, wrap)))


@XML.row("wrapping: the whole signature inside another one's Object", FORMAT, _THREE)
def _(bench: Bench) -> Verdict:
    text = bench.b().signatures.decode()
    inner = text[text.index("<ds:Signature ") : text.index("</asic:")]
    outer = inner.replace("S0", "S1").replace("</ds:Signature>", f"<ds:Object>{inner}</ds:Object></ds:Signature>")
    return said(bench, replaced(bench.b(), SIGNATURES, text.replace(inner, outer).encode()))


@XML.row("two signatures in one file", FORMAT, _THREE)
def _(bench: Bench) -> Verdict:
    text = bench.b().signatures.decode()
    inner = text[text.index("<ds:Signature ") : text.index("</asic:")]
    return said(bench, replaced(bench.b(), SIGNATURES, text.replace(inner, inner + inner.replace("S0", "S1")).encode()))


@XML.row("properties that are another signature's (Target)", FORMAT, _THREE)
def _(bench: Bench) -> Verdict:
    return said(bench, edited(bench.b(), ('Target="#S0"', 'Target="#S1"')))


@XML.row("a Manifest in place of references", FORMAT, _THREE)
def _(bench: Bench) -> Verdict:
    return said(bench, edited(bench.b(), ("</ds:Object>", "<ds:Manifest/></ds:Object>")))


@XML.row("a key beside the certificate (KeyValue)", FORMAT, _THREE)
def _(bench: Bench) -> Verdict:
    return said(bench, edited(bench.b(), ("<ds:X509Data>", "<ds:KeyValue/><ds:X509Data>")))


@XML.row("an unsigned property that nobody knows", FORMAT, _THREE)
def _(bench: Bench) -> Verdict:
    place = "<xades:UnsignedSignatureProperties>"
    return said(bench, edited(bench.t(), (place, f"{place}<xades:CounterSignature/>")))


@XML.row("base64 with characters that are none", FORMAT, _THREE)
def _(bench: Bench) -> Verdict:
    return said(bench, edited(bench.b(), ("<ds:DigestValue>", "<ds:DigestValue>.")))


@XML.row("ten thousand namespaces", FORMAT, _THREE)
def _(bench: Bench) -> Verdict:
    many = " ".join(f'xmlns:n{n}="urn:{n}"' for n in range(30_000))
    return said(bench, edited(bench.b(), ("<ds:KeyInfo>", f"<ds:KeyInfo {many}>")))


def _transform(algorithm: str) -> Change:
    def change(root: Element) -> None:
        reference = root[0][0][2]
        transforms = etree.Element(ds("Transforms"))
        etree.SubElement(transforms, ds("Transform"), Algorithm=algorithm)
        reference.insert(0, transforms)

    return change


for _name, _algorithm in (
    ("XPath", "http://www.w3.org/TR/1999/REC-xpath-19991116"),
    ("base64", "http://www.w3.org/2000/09/xmldsig#base64"),
    ("XSLT", "http://www.w3.org/TR/1999/REC-xslt-19991116"),
    ("canonical form", "http://www.w3.org/2001/10/xml-exc-c14n#"),
):

    @SIGNED.row(f"a transform on a signed file: {_name}", FORMAT, _THREE)
    def _(bench: Bench, algorithm: str = _algorithm) -> Verdict:
        return said(bench, container_of(forged(bench, _transform(algorithm))))


def _attribute(path: str, name: str, value: str) -> Change:
    def change(root: Element) -> None:
        root[0].find(path).set(name, value)

    return change


SHA1 = "http://www.w3.org/2000/09/xmldsig#sha1"
_REFERENCE = ".//{*}Reference"
_METHOD = ".//{*}SignatureMethod"
for _what, _indication, _step, _change in (
    ("a digest with SHA-1", CRYPTO, _THREE, _attribute(".//{*}DigestMethod", "Algorithm", SHA1)),
    ("RSA with SHA-1", CRYPTO, _THREE, _attribute(_METHOD, "Algorithm", "http://www.w3.org/2000/09/xmldsig#rsa-sha1")),
    ("HMAC", CRYPTO, _THREE, _attribute(_METHOD, "Algorithm", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256")),
    (
        "an algorithm that is not the key's",
        CRYPTO,
        "7 signature value",
        _attribute(_METHOD, "Algorithm", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"),
    ),
    (
        "a canonical form with comments",
        CRYPTO,
        _THREE,
        _attribute(".//{*}CanonicalizationMethod", "Algorithm", "http://www.w3.org/2001/10/xml-exc-c14n#WithComments"),
    ),
    ("a reference into the signature file", FORMAT, _THREE, _attribute(_REFERENCE, "URI", "#S0-value")),
    ("a reference to the world", NONE, _FOUR, _attribute(_REFERENCE, "URI", "http://example.org/message.json")),
    ("a reference out of the container", NONE, _FOUR, _attribute(_REFERENCE, "URI", "../message.json")),
    ("a reference with a query", NONE, _FOUR, _attribute(_REFERENCE, "URI", "message.json?v=1")),
    ("a file referred to twice", FORMAT, _FOUR, _attribute(_REFERENCE, "URI", "%C4%91%C6%A1n/t%E1%BB%9D%20khai.xml")),
    ("a file referred to by its digest as an object", FORMAT, _THREE, _attribute(_REFERENCE, "Type", ds("Object"))),
):

    @SIGNED.row(_what, _indication, _step)
    def _(bench: Bench, change: Change = _change) -> Verdict:
        return said(bench, container_of(forged(bench, change)))


@SIGNED.row("no reference to the signed properties", FORMAT, _THREE)
def _(bench: Bench) -> Verdict:
    def change(root: Element) -> None:
        root[0][0].remove(root[0].find(".//{*}Reference[@Type]"))

    return said(bench, container_of(forged(bench, change)))


@SIGNED.row("no certificate is signed for (SigningCertificateV2)", FORMAT, _THREE)
def _(bench: Bench) -> Verdict:
    def change(root: Element) -> None:
        named = root[0].find(".//{*}SigningCertificateV2")
        named.getparent().remove(named)

    return said(bench, container_of(forged(bench, change)))


@SIGNED.row(
    "issuer and number that are not the certificate's (IssuerSerialV2)", "NO_SIGNING_CERTIFICATE_FOUND", "6 signer"
)
def _(bench: Bench) -> Verdict:
    def change(root: Element) -> None:
        etree.SubElement(root[0].find(".//{*}Cert"), xades("IssuerSerialV2")).text = "MAA="

    return said(bench, container_of(forged(bench, change)))


@SIGNED.row("a file altered", "HASH_FAILURE", "5 digests")
def _(bench: Bench) -> Verdict:
    return said(bench, replaced(bench.b(), "message.json", b'{"id":"two"}'))


@SIGNED.row("two files' bytes swapped", "HASH_FAILURE", "5 digests")
def _(bench: Bench) -> Verdict:
    packet = bench.b()
    swapped = {FILES[0].name: FILES[1].data, FILES[1].name: FILES[0].data}
    return said(bench, zipped({**entries(packet), **swapped}.items()))


@SIGNED.row("the signing time altered", "HASH_FAILURE", "5 digests")
def _(bench: Bench) -> Verdict:
    return said(bench, edited(bench.b(), ("<xades:SigningTime>20", "<xades:SigningTime>19")))


@SIGNED.row("the signature value altered", "SIG_CRYPTO_FAILURE", "7 signature value")
def _(bench: Bench) -> Verdict:
    packet = bench.b()
    other = bench.b(files=(File("x", b"x"),)).signature.value_element.text
    return said(bench, edited(packet, (packet.signature.value_element.text, other)))


@SIGNED.row("an ECDSA value in DER", "SIG_CRYPTO_FAILURE", "7 signature value")
def _(bench: Bench) -> Verdict:
    def der(signer: Holder, data: bytes) -> bytes:
        return signer.key.sign(data, ec.ECDSA(hashes.SHA256()))

    return said(bench, container_of(forged(bench, sign=der)))


@SIGNED.row("an ECDSA value with the higher s, which many tools make")
def _(bench: Bench) -> Verdict:
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

    def high(signer: Holder, data: bytes) -> bytes:
        r, s = decode_dss_signature(signer.key.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + max(s, order - s).to_bytes(32, "big")

    packet = forged(bench, sign=high)
    stamped = packet.stamped(bench.stamp(packet.to_timestamp)).evidenced(bench.evidence())
    return said(bench, stamped.container())


@SIGNED.row("another certificate put in the signer's place", "NO_SIGNING_CERTIFICATE_FOUND", "6 signer")
def _(bench: Bench) -> Verdict:
    packet = bench.b()
    other = bench.b(bench.ca.signer()).signature
    texts = [one.key_info[0][0].text for one in (packet.signature, other)]
    return said(bench, edited(packet, (texts[0], texts[1])))


@SIGNED.row("a key on another curve (P-521)", CRYPTO, "7 signature value")
def _(bench: Bench) -> Verdict:
    odd = bench.ca.make("p521", bench.ca.issuing, SEALS, key=ec.generate_private_key(ec.SECP521R1()))
    return said(
        bench,
        container_of(forged(bench, signer=odd, sign=lambda one, data: one.key.sign(data, ec.ECDSA(hashes.SHA256())))),
    )


@SIGNED.row("an RSA key of 2048 bits", CRYPTO, "7 signature value")
def _(bench: Bench) -> Verdict:
    weak = bench.ca.make("weak", bench.ca.issuing, SEALS, key=rsa.generate_private_key(65537, 2048))
    return said(bench, container_of(forged(bench, signer=weak)))


def _of_no_known_key(holder: Holder) -> Holder:
    """The same certificate with a key of a kind that nobody knows."""
    der = holder.der.replace(bytes.fromhex("06072a8648ce3d0201"), bytes.fromhex("06072a8648ce3d027f"), 1)
    return Holder(holder.key, x509.load_der_x509_certificate(der))


@SIGNED.row("a key of a kind that nobody knows", CRYPTO, "7 signature value")
def _(bench: Bench) -> Verdict:
    odd = _of_no_known_key(bench.signer)
    return said(bench, container_of(forged(bench, certificates=(odd, bench.ca.issuing))))


@SIGNED.row("a certificate of the time-stamping root's name with a key of a kind that nobody knows")
def _(bench: Bench) -> Verdict:
    packet = forged(bench, certificates=(bench.signer, bench.ca.issuing, _of_no_known_key(bench.tsa_root)))
    stamped = packet.stamped(bench.stamp(packet.to_timestamp)).evidenced(bench.evidence())
    return said(bench, stamped.container())


@SIGNED.row("a certificate that is not for signing files", "CHAIN_CONSTRAINTS_FAILURE", "11 chain")
def _(bench: Bench) -> Verdict:
    return said(bench, bench.t(bench.ca.make("plain", bench.ca.issuing, {"key_agreement": True})).container())


@SIGNED.row("a certificate authority's own key", "CHAIN_CONSTRAINTS_FAILURE", "11 chain")
def _(bench: Bench) -> Verdict:
    return said(bench, bench.t(bench.ca.issuing).container())


@SIGNED.row("a rogue authority of equal name", "NO_CERTIFICATE_CHAIN_FOUND", "11 chain")
def _(bench: Bench) -> Verdict:
    rogue = Ca()
    assert rogue.root.certificate.subject == bench.ca.root.certificate.subject
    signer = rogue.signer()
    packet = forged(bench, signer=signer, certificates=(signer, rogue.issuing, rogue.root))
    return said(bench, packet.stamped(bench.stamp(packet.to_timestamp)).container())


@SIGNED.row("a signer below a certificate that is no authority", "NO_CERTIFICATE_CHAIN_FOUND", "11 chain")
def _(bench: Bench) -> Verdict:
    false = bench.ca.make("false", bench.signer, SEALS)
    packet = forged(bench, signer=false, certificates=(false, bench.signer, bench.ca.issuing))
    return said(bench, packet.stamped(bench.stamp(packet.to_timestamp)).container())


CHAPTERS = (*bad_container_rows.CHAPTERS, XML, SIGNED, *bad_proof_rows.CHAPTERS)
