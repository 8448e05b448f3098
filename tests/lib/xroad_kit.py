"""X-Road's containers, made from what is known of their layout: plain, signed in a batch, time-stamped in a batch."""

from __future__ import annotations

import io
import zipfile
from base64 import b64encode
from hashlib import sha512

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree
from xades_kit import Bench, Holder, later

from signing.cms import tlv
from signing.xades_words import Canonical, canonical

SHA512 = "http://www.w3.org/2001/04/xmlenc#sha512"
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
MESSAGE = b'<?xml version="1.0"?><Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body/></Envelope>'
_NS = 'xmlns="http://www.w3.org/2000/09/xmldsig#" xmlns:ns2="http://cyber.ee/hashchain"'


def b64(data: bytes) -> str:
    return b64encode(data).decode()


def flat(text: str) -> str:
    """XML without the line breaks that it has for readers."""
    lines = (line.strip(" ") for line in text.split("\n"))
    return "".join(line if line.startswith("<") else f" {line}" for line in lines)


def _reference(uri: str, data: bytes) -> str:
    return f"""<ds:Reference URI="{uri}"><ds:DigestMethod Algorithm="{SHA512}"/>
        <ds:DigestValue>{b64(sha512(data).digest())}</ds:DigestValue></ds:Reference>"""


def signature(bench: Bench, signer: Holder, signed: dict[str, bytes], *, stamp: bool) -> bytes:
    """The signature file over files by their references; with a time-stamp over the bare signature value."""
    answer = bench.ca.ocsp(signer, later(minutes=-10))
    text = flat(f"""<asic:XAdESSignatures xmlns:asic="http://uri.etsi.org/02918/v1.2.1#"
        xmlns:ds="http://www.w3.org/2000/09/xmldsig#" xmlns:xades="http://uri.etsi.org/01903/v1.3.2#">
        <ds:Signature Id="signature"><ds:SignedInfo>
        <ds:CanonicalizationMethod Algorithm="{C14N}"/>
        <ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"/>
        {"".join(_reference(*one) for one in signed.items())}
        <ds:Reference URI="#signed-properties"><ds:DigestMethod Algorithm="{SHA512}"/><ds:DigestValue/></ds:Reference>
        </ds:SignedInfo><ds:SignatureValue Id="signature-value"/>
        <ds:KeyInfo><ds:X509Data><ds:X509Certificate>{b64(signer.der)}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>
        <ds:Object Id="object"><xades:QualifyingProperties Target="#signature">
        <xades:SignedProperties Id="signed-properties"><xades:SignedSignatureProperties>
        <xades:SigningTime>{later(seconds=-1):%Y-%m-%dT%H:%M:%SZ}</xades:SigningTime>
        <xades:SigningCertificate><xades:Cert><xades:CertDigest><ds:DigestMethod Algorithm="{SHA512}"/>
        <ds:DigestValue>{b64(sha512(signer.der).digest())}</ds:DigestValue></xades:CertDigest>
        <xades:IssuerSerial><ds:X509IssuerName>CN=x</ds:X509IssuerName><ds:X509SerialNumber>1</ds:X509SerialNumber>
        </xades:IssuerSerial></xades:Cert></xades:SigningCertificate>
        <xades:SignaturePolicyIdentifier><xades:SignaturePolicyImplied/></xades:SignaturePolicyIdentifier>
        </xades:SignedSignatureProperties></xades:SignedProperties>
        <xades:UnsignedProperties><xades:UnsignedSignatureProperties>
        <xades:CompleteCertificateRefs Id="complete-certificate-refs"/>
        <xades:CertificateValues>
        <xades:EncapsulatedX509Certificate>{b64(bench.ca.issuing.der)}</xades:EncapsulatedX509Certificate>
        </xades:CertificateValues>
        <xades:RevocationValues><xades:OCSPValues>
        <xades:EncapsulatedOCSPValue>{b64(answer)}</xades:EncapsulatedOCSPValue>
        </xades:OCSPValues></xades:RevocationValues>
        </xades:UnsignedSignatureProperties></xades:UnsignedProperties></xades:QualifyingProperties></ds:Object>
        </ds:Signature></asic:XAdESSignatures>""")
    root = etree.fromstring(text.encode())  # noqa: TID251 - our own text
    sign = root[0]
    properties = sign.find(".//{*}SignedProperties")
    sign[0][-1][-1].text = b64(sha512(canonical(properties, Canonical.INCLUSIVE)).digest())
    value = signer.key.sign(canonical(sign[0], Canonical.INCLUSIVE), padding.PKCS1v15(), hashes.SHA512())
    sign[1].text = b64(value)
    if stamp:
        place = sign.find(".//{*}UnsignedSignatureProperties")
        outer = etree.Element("{http://uri.etsi.org/01903/v1.3.2#}SignatureTimeStamp")
        etree.SubElement(outer, "{http://uri.etsi.org/01903/v1.3.2#}EncapsulatedTimeStamp").text = b64(
            bench.stamp(value)
        )
        place.insert(0, outer)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def values(*digests: bytes) -> bytes:
    """A step's bytes."""
    return tlv(0x30, b"".join(tlv(0x30, tlv(4, one) + tlv(0x0C, SHA512.encode()) + tlv(0x30, b"")) for one in digests))


def chain(name: str, files: dict[str, bytes], beside: bytes = b"another member's message") -> dict[str, bytes]:
    """A chain of two steps over files, beside a digest of something else, and its result."""
    digests = [sha512(data).digest() for data in files.values()]
    other = sha512(beside).digest()
    inner = sha512(values(*digests)).digest()
    top = sha512(values(inner, other)).digest()
    data = "".join(
        f'<ns2:DataRef URI="/{one}"><DigestValue>{b64(digest)}</DigestValue></ns2:DataRef>'
        for one, digest in zip(files, digests, strict=True)
    )
    steps = flat(f"""<ns2:HashStep id="STEP0"><ns2:StepRef URI="#STEP1"/>
        <ns2:HashValue><DigestValue>{b64(other)}</DigestValue></ns2:HashValue></ns2:HashStep>
        <ns2:HashStep id="STEP1">{data}</ns2:HashStep>""")
    text = f'<ns2:HashChain {_NS}><ns2:DefaultDigestMethod Algorithm="{SHA512}"/>{steps}</ns2:HashChain>'
    result = flat(f"""<ns2:HashChainResult URI="/{name}-hashchain.xml#STEP0" {_NS}>
        <DigestMethod Algorithm="{SHA512}"/><DigestValue>{b64(top)}</DigestValue></ns2:HashChainResult>""")
    return {f"{name}-hashchainresult.xml": result.encode(), f"{name}-hashchain.xml": text.encode()}


def packed(files: dict[str, bytes]) -> bytes:
    """As X-Road packs: everything compressed, a comment, sizes behind the data."""
    target = io.BytesIO()
    with zipfile.ZipFile(_Unseekable(target), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = b"mimetype=application/vnd.etsi.asic-e+zip"
        for name, data in {"mimetype": b"application/vnd.etsi.asic-e+zip", **files}.items():
            archive.writestr(name, data)
    return target.getvalue()


class _Unseekable(io.RawIOBase):
    """A stream that cannot go back: sizes are written behind the data then, as Java does."""

    def __init__(self, target: io.BytesIO) -> None:
        self._target = target

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:
        return self._target.write(data)


def message(bench: Bench, *, batch: bool = False, stamped: bool = False, attachments: int = 0) -> dict[str, bytes]:
    """A container's files."""
    signer = bench.ca.signer("RSA")
    parts = {"message.xml": MESSAGE, **{f"attachment{n + 1}": b"attached" * (n + 1) for n in range(attachments)}}
    files = dict(parts)
    signed = {f"/{name}": data for name, data in parts.items()}
    if batch:
        files |= chain("sig", parts)
        signed = {"/sig-hashchainresult.xml": files["sig-hashchainresult.xml"]}
    files["META-INF/signatures.xml"] = signature(bench, signer, signed, stamp=not stamped)
    if stamped:
        files |= chain("ts", {"META-INF/signatures.xml": files["META-INF/signatures.xml"]})
        files["META-INF/timestamp.tst"] = bench.stamp(files["ts-hashchainresult.xml"])
        files["META-INF/ASiCManifest.xml"] = b"<a/>"
    return {**files, "META-INF/manifest.xml": b"<manifest/>"}
