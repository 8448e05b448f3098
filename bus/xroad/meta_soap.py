"""Metaservices over SOAP: `listMethods`, `allowedMethods`, `getWsdl`; and the files that a description imports.

Promises: a description comes as the second MIME part, its port at this face and every reference to a file that this
face serves, so that a client which follows them asks us and nobody else. Descriptions are shown to whoever may speak
here; what may be called is another list.
Leaves out REST's metaservices (`bus.xroad.meta_rest`) and operational monitoring (`bus.xroad.opmon_soap`).
Source: PR-META §3-4, annexes B and C; `GET /wsdl` as in its versions up to 2.5.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote

from aiohttp import web
from lxml import etree

from bus.xroad.around import Around
from bus.xroad.meta import Metadata
from bus.xroad.meta_lists import methods_element
from bus.xroad.meta_rest import must_be_known
from bus.xroad.origin import origin_of
from bus.xroad.soap import SoapCame, SoapMeta, SoapSaid
from bus.xroad.wsdl import DescriptionError, served
from registry.catalogue import Service
from schemas.xml import Element, XmlError
from schemas.xroad import ids, mime
from schemas.xroad.codes import ErrorCode, Side, Word, XRoadError
from schemas.xroad.soap import XROAD

FILES: Final = "/descriptions"
"""Below it, files of descriptions: `/I/C/M/S/service/path`."""
_XML: Final = "text/xml"
_INVALID: Final = ErrorCode(Side.SERVER_PROXY, Word.INVALID_REQUEST)
_UNKNOWN: Final = ErrorCode(Side.SERVER_PROXY, Word.UNKNOWN_SERVICE)
_TYPE: Final = ErrorCode(Side.SERVER_PROXY, Word.SERVICE_TYPE)
_INTERNAL: Final = ErrorCode(Side.SERVER_PROXY, Word.INTERNAL_ERROR)
_NOT_FOUND: Final = ErrorCode(Side.CLIENT, Word.NOT_FOUND)


class SoapMetadata:
    """Metaservices over SOAP."""

    def __init__(self, around: Around) -> None:
        self._around = around
        self._metadata = Metadata(around)

    @property
    def services(self) -> Mapping[str, SoapMeta]:
        """The service codes that every subsystem has."""
        return {
            "listMethods": self._list_methods,
            "allowedMethods": self._allowed_methods,
            "getWsdl": self._get_wsdl,
        }

    def add(self, app: web.Application) -> None:
        """Add the routes of the files that descriptions import, and of descriptions as UXP's clients fetch them."""
        place = f"{FILES}/{{instance}}/{{member_class}}/{{member_code}}/{{subsystem}}/{{service}}/{{path:.+}}"
        app.router.add_get(place, self._file, allow_head=False)
        app.router.add_get("/wsdl", self._by_query, allow_head=False)

    async def _list_methods(self, _request: web.Request, came: SoapCame) -> SoapSaid:
        offered = self._metadata.soap(came.message.header.service.client)
        return SoapSaid(_bytes(methods_element("listMethods", offered)))

    async def _allowed_methods(self, _request: web.Request, came: SoapCame) -> SoapSaid:
        offered = self._metadata.soap(came.message.header.service.client, allowed_to=came.speaker)
        return SoapSaid(_bytes(methods_element("allowedMethods", offered)))

    async def _get_wsdl(self, request: web.Request, came: SoapCame) -> SoapSaid:
        provider, wrapper = came.message.header.service.client, came.message.wrapper
        self._metadata.provider(provider)
        code = (wrapper.findtext(f"{{{XROAD}}}serviceCode") or "").strip()
        version = (wrapper.findtext(f"{{{XROAD}}}serviceVersion") or "").strip() or None
        if not code:
            raise XRoadError(_INVALID, "Missing serviceCode in message body")
        service = self._service(provider, code, version)
        wsdl = await asyncio.to_thread(_served, service, provider, _main(service), request)
        headers = (
            ("content-type", _XML),
            ("content-transfer-encoding", "binary"),
            ("content-id", f"<wsdl={uuid.uuid4()}@x-road.eu>"),
        )
        return SoapSaid(_bytes(_repeated(wrapper)), (mime.Part(headers, wsdl),))

    async def _by_query(self, request: web.Request) -> web.Response:
        """A description by its service's identifier in the query: X-Road's own way until 2020, and UXP's today."""
        must_be_known(self._around, request)
        named = request.query
        parts = [named.get(name, "") for name in ("xRoadInstance", "memberClass", "memberCode", "subsystemCode")]
        provider = ids.ClientId(*(ids.checked(one, place) for place, one in enumerate(parts)))
        self._metadata.provider(provider)
        code, version = named.get("serviceCode", ""), named.get("version") or named.get("serviceVersion")
        service = self._service(provider, code, version)
        data = await asyncio.to_thread(_served, service, provider, _main(service), request)
        return web.Response(body=data, content_type=_XML, charset="UTF-8")

    def _service(self, provider: ids.ClientId, code: str, version: str | None) -> Service:
        found = self._around.book.soap(provider.text, code, version)
        if found is not None:
            return found[0]
        if self._around.book.rest(provider.text, code) is not None:
            raise XRoadError(_TYPE, "Service is a REST service and does not have a WSDL")
        raise XRoadError(_UNKNOWN, "Could not find wsdl URL for service")

    async def _file(self, request: web.Request) -> web.Response:
        must_be_known(self._around, request)
        place = request.match_info
        provider = ids.ClientId(
            place["instance"], place["member_class"], place["member_code"], ids.checked(place["subsystem"])
        )
        for service in self._around.book.services(provider.text):
            if service.id.rpartition("/")[2] == place["service"] and service.xroad is not None:
                data = await asyncio.to_thread(_served, service, provider, place["path"], request)
                return web.Response(body=data, content_type=_XML, charset="UTF-8")
        raise XRoadError(_NOT_FOUND, "There is no such description")


def _main(service: Service) -> str:
    if service.xroad is None or service.xroad.main is None:
        raise XRoadError(_UNKNOWN, "Could not find wsdl URL for service")
    return service.xroad.main


def _served(service: Service, provider: ids.ClientId, path: str, request: web.Request) -> bytes:
    """One file of a description, leading back to where the caller reached us; parses it, so off the event loop."""
    files = {} if service.xroad is None or service.xroad.protocol != "soap" else service.xroad.files
    origin = origin_of(request)
    try:
        return served(path, files, f"{origin}/", _urls(f"{origin}{FILES}", service, provider))
    except DescriptionError as error:
        if error.rule == "no-such-file":
            raise XRoadError(_NOT_FOUND, "There is no such description") from error
        raise XRoadError(_INTERNAL, f"Failed reading service description from the registry: {error.rule}") from error
    except XmlError as error:
        raise XRoadError(_INTERNAL, f"Failed reading service description from the registry: {error.rule}") from error


def _urls(root: str, service: Service, provider: ids.ClientId) -> Callable[[str], str]:
    return lambda path: f"{root}/{provider.encoded}/{service.id.rpartition('/')[2]}/{quote(path)}"


def _repeated(wrapper: Element) -> Element:
    """`getWsdlResponse` holds what `getWsdl` held, as X-Road answers."""
    answer = etree.Element(f"{wrapper.tag}Response", nsmap={"xroad": XROAD})
    for name in ("serviceCode", "serviceVersion"):
        text = wrapper.findtext(f"{{{XROAD}}}{name}")
        if text is not None:
            etree.SubElement(answer, f"{{{XROAD}}}{name}").text = text
    return answer


def _bytes(element: Element) -> bytes:
    return etree.tostring(element, encoding="UTF-8", xml_declaration=False)
