"""HTML as browsers read it."""

from __future__ import annotations

import re
from typing import Any

_ENDS = re.compile(r"</(?:body|html)\s*>", re.IGNORECASE)


def read_html(text: str) -> Any:
    """Return the document of a page; an empty one if the page has no element.

    Elements after ``</html>`` belong to the body, as in a browser; libxml2 2.14 leaves them out.
    Source: https://html.spec.whatwg.org/multipage/parsing.html#the-after-after-body-insertion-mode
    """
    import lxml.html  # type: ignore[import-untyped]

    parser = lxml.html.HTMLParser(encoding="utf-8")
    try:
        return lxml.html.document_fromstring(_ENDS.sub("", text).encode(), parser=parser)
    except lxml.etree.ParserError:  # nothing but space or a comment
        return lxml.html.document_fromstring(b"<html/>", parser=parser)
