"""A certificate that is opened in the app: its page, or why it cannot be read."""

from __future__ import annotations

import html
import tempfile
from pathlib import Path

from certify.certificate import Certificate
from certify.errors import PolystableError
from certify.report.page import page

__all__ = ["certificate_page", "frame"]


def certificate_page(name: str, data: bytes) -> tuple[str, str]:
    """The page of a certificate, given its bytes, and what is wrong with them; one of both is empty.

    Parameters
    ----------
    name : of the file; one that ends in ``.gz`` is unpacked.
    data : its content.
    """
    ending = ".json.gz" if name.endswith(".gz") else ".json"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"certificate{ending}"
        path.write_bytes(data)
        try:
            return page(Certificate.load(path), title=name), ""
        except PolystableError as error:
            place = f" ({error.place})" if error.place else ""
            return "", f"{name}: {error.message}{place}"


def frame(text: str) -> str:
    """A page within the page, which can run its own script and reach nothing of the app."""
    return (
        '<iframe class="ps-frame" title="the certificate" sandbox="allow-scripts" '
        f'srcdoc="{html.escape(text)}"></iframe>'
    )
