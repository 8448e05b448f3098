"""libdigidocpp in a process of its own: `python digidoc_judge.py FOLDER SIGNER.der CONTAINER`; 0 valid, 1 not.

FOLDER holds the library's schemas and the trusted list as `list.xml`; nothing is fetched. The library is known to end
in a segmentation fault when objects are let go of in the wrong order, which must not end a test run.
"""

import sys

import pydigidoc

UNREACHABLE = "http://127.0.0.1:9/list.xml"


def main(folder: str, signer: str, container: str) -> int:
    settings = pydigidoc.DigiDocConf(folder)
    settings.set_tslurl(UNREACHABLE)
    with open(signer, "rb") as file:  # noqa: PTH123 - nothing but the standard library's plainest here
        settings.set_tslcert(file.read())
    settings.set_tslonline_digest(False)
    settings.set_tsltime_out(1)
    pydigidoc.Conf.init(settings.transfer())
    pydigidoc.initialize_lib("judge", folder)
    try:
        opened = pydigidoc.Container.open(container)
        signatures = opened.signatures()
        for one in signatures:
            one.validate()
    except RuntimeError as error:
        sys.stdout.write(f"{error}\n")
        return 1
    return 0 if signatures else 1


if __name__ == "__main__":
    code = main(*sys.argv[1:])
    sys.stdout.flush()
    sys.exit(code)
