"""The tables of tricks with signed containers: the ZIP, and what lies in it."""

from __future__ import annotations

import zipfile

from xades_kit import FILES, Bench
from xades_tricks import Chapter, end_moved, entries, patched, renamed, replaced, with_entry, zipped

from signing import manifest
from signing.packet import SIGNATURES, Level
from signing.verdict import Verdict
from signing.xades_policy import Demands
from signing.xades_seal import File

ZIPS = Chapter("The container")
FILES_IN = Chapter("What lies in it")
FORMAT, NONE = "FORMAT_FAILURE", "SIGNED_DATA_NOT_FOUND"
_ONE, _TWO, _FOUR = "1 container", "2 contents", "4 references"
_ANY = Demands(least=Level.B)


def said(bench: Bench, container: bytes) -> Verdict:
    return bench.check(container, _ANY).verdict


@ZIPS.row("bytes before the first entry", FORMAT, _ONE)
def _(bench: Bench) -> Verdict:
    return said(bench, b"#!/bin/sh\n" + bench.b().container())


@ZIPS.row("bytes before the first entry, and a directory that knows of them", FORMAT, _ONE)
def _(bench: Bench) -> Verdict:
    return said(bench, b"#!/bin/sh\n" + end_moved(bench.b().container(), 10))


@ZIPS.row("bytes behind the end", FORMAT, _ONE)
def _(bench: Bench) -> Verdict:
    return said(bench, bench.b().container() + b"more")


@ZIPS.row("a name twice", FORMAT, _ONE)
def _(bench: Bench) -> Verdict:
    return said(bench, with_entry(bench.b(), "message.json"))


@ZIPS.row("two names that differ in capitals alone", FORMAT, _ONE)
def _(bench: Bench) -> Verdict:
    return said(bench, with_entry(bench.b(), "MESSAGE.json"))


@ZIPS.row("a name that leads out of the folder: `../message.json`", FORMAT, _ONE)
def _(bench: Bench) -> Verdict:
    return said(bench, with_entry(bench.b(), "../message.json"))


@ZIPS.row("an absolute name: `/message.json`", FORMAT, _ONE)
def _(bench: Bench) -> Verdict:
    return said(bench, with_entry(bench.b(), "/message.json"))


@ZIPS.row("a name with a backslash", FORMAT, _ONE)
def _(bench: Bench) -> Verdict:
    return said(bench, renamed(with_entry(bench.b(), "a_b.json"), b"a_b.json", b"a\\b.json"))


@ZIPS.row("a name with a drive: `C:message.json`", FORMAT, _ONE)
def _(bench: Bench) -> Verdict:
    return said(bench, with_entry(bench.b(), "C:message.json"))


@ZIPS.row("a name that Windows takes for a device: `nul.txt`", FORMAT, _ONE)
def _(bench: Bench) -> Verdict:
    return said(bench, with_entry(bench.b(), "nul.txt"))


@ZIPS.row("a name with a zero byte, behind which some readers stop", FORMAT, _ONE)
def _(bench: Bench) -> Verdict:
    return said(bench, renamed(with_entry(bench.b(), "message.jsonX.exe"), b"message.jsonX", b"message.json\0"))


@ZIPS.row("a name in another spelling of Unicode (NFD)", FORMAT, _ONE)
def _(bench: Bench) -> Verdict:
    return said(bench, with_entry(bench.b(), "to\u031b\u0300.xml"))


@ZIPS.row("a name with a character that turns the direction of text around", FORMAT, _ONE)
def _(bench: Bench) -> Verdict:
    return said(bench, with_entry(bench.b(), "a\u202egnp.exe"))


@ZIPS.row("a file with the name of a folder", FORMAT, _ONE)
def _(bench: Bench) -> Verdict:
    return said(bench, with_entry(bench.b(), "message.json/x"))


@ZIPS.row("a symbolic link", FORMAT, _ONE)
def _(bench: Bench) -> Verdict:
    link = zipfile.ZipInfo("link")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    return said(bench, with_entry(bench.b(), link, b"/etc/passwd"))


@ZIPS.row("an encrypted entry", FORMAT, _ONE)
def _(bench: Bench) -> Verdict:
    data = with_entry(bench.b(), "more")
    return said(bench, patched(patched(data, b"PK\x01\x02", 8, b"\x01\x00"), b"PK\x03\x04", 6, b"\x01\x00"))


@ZIPS.row("local and central headers of different names", FORMAT, _ONE)
def _(bench: Bench) -> Verdict:
    return said(bench, patched(with_entry(bench.b(), "more"), b"PK\x03\x04", 30, b"less"))


@ZIPS.row("local and central headers of different lengths", FORMAT, _ONE)
def _(bench: Bench) -> Verdict:
    return said(bench, patched(bench.b().container(), b"PK\x03\x04", 22, b"\x01\x00\x00\x00"))


@ZIPS.row("a checksum that differs", FORMAT, _ONE)
def _(bench: Bench) -> Verdict:
    data = patched(bench.b().container(), b"PK\x01\x02", 16, b"\0\0\0\0")
    return said(bench, patched(data, b"PK\x03\x04", 14, b"\0\0\0\0"))


@ZIPS.row("a bomb: 64 MiB of zeros in 64 KiB", FORMAT, _ONE)
def _(bench: Bench) -> Verdict:
    return said(bench, with_entry(bench.b(), "zeros", bytes(64 << 20)))


@ZIPS.row("a bomb whose headers say that it is small", FORMAT, _ONE)
def _(bench: Bench) -> Verdict:
    data = with_entry(bench.b(), "zeros", bytes(16 << 20))
    return said(bench, patched(patched(data, b"PK\x01\x02", 24, b"\1\0\0\0"), b"PK\x03\x04", 22, b"\1\0\0\0"))


@ZIPS.row("more files than are taken", FORMAT, _ONE)
def _(bench: Bench) -> Verdict:
    return said(bench, zipped([*entries(bench.b()).items(), *((f"f{n}", b"") for n in range(1_100))]))


@ZIPS.row("no `mimetype`", FORMAT, _ONE)
def _(bench: Bench) -> Verdict:
    return said(bench, zipped(list(entries(bench.b()).items())[1:]))


@ZIPS.row("`mimetype` not first", FORMAT, _ONE)
def _(bench: Bench) -> Verdict:
    return said(bench, zipped(reversed(entries(bench.b()).items())))


@ZIPS.row("`mimetype` compressed", FORMAT, _ONE)
def _(bench: Bench) -> Verdict:
    return said(bench, zipped(entries(bench.b()).items(), deflate_first=True))


@ZIPS.row("`mimetype` of another container", FORMAT, _ONE)
def _(bench: Bench) -> Verdict:
    return said(bench, replaced(bench.b(), "mimetype", b"application/vnd.etsi.asic-s+zip"))


@ZIPS.row("no ZIP at all", FORMAT, _ONE)
def _(bench: Bench) -> Verdict:
    return said(bench, b"PK\x03\x04 and so on")


@FILES_IN.row("a file that nobody signed, listed in the manifest", FORMAT, _FOUR)
def _(bench: Bench) -> Verdict:
    packet = bench.b()
    listed = manifest.write({**packet.media_types, "more.txt": "text/plain"})
    return said(bench, zipped([*{**entries(packet), manifest.NAME: listed}.items(), ("more.txt", b"more")]))


@FILES_IN.row("a file that nobody signed, not listed", FORMAT, _TWO)
def _(bench: Bench) -> Verdict:
    return said(bench, with_entry(bench.b(), "more.txt"))


@FILES_IN.row("a file of no known meaning in META-INF", FORMAT, _TWO)
def _(bench: Bench) -> Verdict:
    return said(bench, with_entry(bench.b(), "META-INF/evidencerecord.xml"))


@FILES_IN.row("the same in `meta-inf`", FORMAT, _TWO)
def _(bench: Bench) -> Verdict:
    return said(bench, with_entry(bench.b(), "meta-inf/more.txt"))


@FILES_IN.row("a signed file left out, and unlisted", NONE, _FOUR)
def _(bench: Bench) -> Verdict:
    packet = bench.b()
    inside = {**entries(packet), manifest.NAME: manifest.write({FILES[0].name: FILES[0].media_type})}
    del inside[FILES[1].name]
    return said(bench, zipped(inside.items()))


@FILES_IN.row("no signature", NONE, _TWO)
def _(bench: Bench) -> Verdict:
    return said(bench, zipped((name, data) for name, data in entries(bench.b()).items() if name != SIGNATURES))


@FILES_IN.row("no manifest", FORMAT, _TWO)
def _(bench: Bench) -> Verdict:
    return said(bench, zipped((name, data) for name, data in entries(bench.b()).items() if name != manifest.NAME))


@FILES_IN.row("a manifest with another media type than was signed for", FORMAT, _FOUR)
def _(bench: Bench) -> Verdict:
    packet = bench.b()
    return said(
        bench, replaced(packet, manifest.NAME, manifest.write({**packet.media_types, FILES[0].name: "text/html"}))
    )


@FILES_IN.row("a manifest with a DOCTYPE", FORMAT, _TWO)
def _(bench: Bench) -> Verdict:
    return said(bench, replaced(bench.b(), manifest.NAME, b"<!DOCTYPE a><a/>"))


@FILES_IN.row("a second signature that does not hold beside one that does", "HASH_FAILURE", "5 digests")
def _(bench: Bench) -> Verdict:
    whole, other = bench.lt(), bench.b(files=(FILES[0], File(FILES[1].name, b"other", FILES[1].media_type)))
    return said(bench, with_entry(whole, "META-INF/signatures1.xml", other.signatures))


@FILES_IN.row("a second signature over some of the files", FORMAT, _FOUR)
def _(bench: Bench) -> Verdict:
    return said(bench, with_entry(bench.lt(), "META-INF/signatures1.xml", bench.b(files=FILES[:1]).signatures))


CHAPTERS = (ZIPS, FILES_IN)
