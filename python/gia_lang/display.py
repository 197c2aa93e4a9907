"""Studies in notebooks: the report that the program writes, made to fit into a page that holds other things.

Nothing is drawn here. The page of `--report` is taken apart: its style sheet is confined to the output, and its identifiers get a
prefix, since a notebook may hold several studies.
"""

from __future__ import annotations

import itertools
import re
from html import escape
from html.parser import HTMLParser
from typing import Optional, Sequence

#: A number for each output, so that no two have an identifier in common.
_outputs = itertools.count(1)


#: Rules of an output beside those of the page. Notebooks style headings, tables and lists by selectors that these outrank.
_OWN_RULES = """
& nav, & .skip { display: none; }
&{ margin: 0; padding: .5rem 1rem 1rem; font-size: .9375rem; }
& h1 { font-size: 1.2rem; } & h2 { margin-top: 1.25rem; }
& th, & td { background: none; border-top: 0; border-left: 0; border-right: 0; }
& .facts dt, & .facts dd { float: none; width: auto; margin: 0; padding: 0; font-weight: 400; }
& .claims { padding: 0; margin: .5rem 0; } & .claims code { background: none; padding: 0; }
"""
_NO_TITLE = "& header .kind, & header h1 { display: none; }"


def fragment(page: str, experiment: Optional[int] = None, is_titled: bool = True) -> str:
    """The page as an element of another page; only an experiment of it, by its number from 0, if one is given. A script that is the
    text of a cell has no title."""
    name = f"gia-{next(_outputs)}"
    if experiment is None:
        body = _element(page, "header") + _element(page, "main") + _folded(_element(page, "footer"))
    else:
        body = _element(page, "section", f"experiment-{experiment + 1}")
    style = _scoped(_element(page, "style", inner=True), name, _OWN_RULES if is_titled else _OWN_RULES + _NO_TITLE)
    return f'<div class="gia-study" id="{name}"><style>{style}</style>{_with_prefix(body, name)}</div>'


def notes(texts: Sequence[str]) -> str:
    """Remarks above a study."""
    return "".join(f'<div style="color: #57606a; font-size: .9em; margin: .25em 0">{escape(text)}</div>' for text in texts)


def _folded(footer: str) -> str:
    """The provenance behind a line that opens it: in a notebook, the results come first."""
    return f"<details><summary>Provenance</summary>{footer}</details>" if footer else ""


def _scoped(style: str, name: str, own: str) -> str:
    """The style sheet for one output. The output stays light on a dark page, as figures of other libraries do: the page's theme is
    that of the notebook, which style sheets cannot ask for."""
    style = _without_blocks(style, ("@media screen and (prefers-color-scheme: dark)", "@media print", "@page"))
    style = style.replace("color-scheme: light dark", "color-scheme: light")
    style = re.sub(r"(^|[\s}]):root\s*\{", r"\1&{", style)
    style = re.sub(r"(^|[\s}])body\s*\{", r"\1&{", style)
    return f"#{name} {{ {style} {own} }}"


def _without_blocks(style: str, heads: tuple[str, ...]) -> str:
    """The style sheet without the blocks that begin so."""
    for head in heads:
        while (start := style.find(head)) >= 0:
            depth, end = 0, style.index("{", start)
            while True:
                depth += {"{": 1, "}": -1}.get(style[end], 0)
                end += 1
                if depth == 0:
                    break
            style = style[:start] + style[end:]
    return style


_REFERENCES = re.compile(r'(\s(?:id|for|aria-labelledby|aria-describedby|aria-controls)=")([^"]*)(")')
_LINKS = re.compile(r'((?:href|xlink:href)="#|url\(#)')


def _with_prefix(html: str, name: str) -> str:
    """The HTML with a prefix on each identifier and on what refers to it."""
    prefixed = lambda match: match[1] + " ".join(f"{name}-{identifier}" for identifier in match[2].split()) + match[3]
    return _LINKS.sub(lambda match: f"{match[1]}{name}-", _REFERENCES.sub(prefixed, html))


def _element(page: str, tag: str, identifier: Optional[str] = None, inner: bool = False) -> str:
    """The first element of this name, or the first that a heading with the identifier labels; empty if there is none."""
    finder = _Finder(page, tag, identifier, inner)
    finder.feed(page)
    finder.close()
    return finder.found


class _Finder(HTMLParser):
    """Finds the extent of one element in the text of a page."""

    def __init__(self, page: str, tag: str, identifier: Optional[str], inner: bool) -> None:
        super().__init__(convert_charrefs=False)
        self.tag, self.identifier, self.inner = tag, identifier, inner
        self.page, self.found = page, ""
        self.depth, self.start = 0, -1
        self.lines = [0, *itertools.accumulate(len(line) for line in page.splitlines(keepends=True))]

    def _offset(self) -> int:
        line, column = self.getpos()
        return self.lines[line - 1] + column

    def handle_starttag(self, tag: str, attributes: list[tuple[str, Optional[str]]]) -> None:
        if self.found or tag != self.tag:
            return
        if self.start < 0:
            if self.identifier is not None and dict(attributes).get("aria-labelledby") != self.identifier:
                return
            opening = self.get_starttag_text() or ""
            self.start = self._offset() + (len(opening) if self.inner else 0)
        self.depth += 1

    def handle_endtag(self, tag: str) -> None:
        if self.found or self.start < 0 or tag != self.tag:
            return
        self.depth -= 1
        if self.depth == 0:
            end = self._offset() + (0 if self.inner else len(f"</{tag}>"))
            self.found = self.page[self.start : end]
