"""The page as a browser's parser sees it: tables by section, what it loads, what it runs."""

from __future__ import annotations

from html.parser import HTMLParser

Attributes = list[tuple[str, str | None]]
LOADS = {"src", "href", "srcset", "action", "data", "poster", "xlink:href", "formaction", "background"}


class Read(HTMLParser):
    """`tables` has the rows of each section, its columns first; `links` every address; `texts` what is told."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.tags: list[str] = []
        self.links: list[str] = []
        self.handlers: list[str] = []
        self.policy = ""
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self.texts: dict[str, str] = {}
        self._section = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        self.tags.append(tag)
        found = dict(attrs)
        self.links += [str(value) for name, value in attrs if name in LOADS]
        self.handlers += [name for name, _ in attrs if name.startswith("on") or name == "style"]
        if tag == "meta":
            if found.get("http-equiv") == "Content-Security-Policy":
                self.policy = str(found["content"])
            return
        if self.get_starttag_text() and str(self.get_starttag_text()).endswith("/>"):
            return
        if tag == "section":
            self._section = str(found.get("id") or "")
        if tag == "tr":
            self.tables.setdefault(self._section, []).append([])
        if tag in {"td", "th"}:
            self.tables[self._section][-1].append("")
        if tag in {"script", "style"}:
            (self.scripts if tag == "script" else self.styles).append("")
        self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Attributes) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        inside = self._open[-1] if self._open else ""
        if inside in {"script", "style"}:
            (self.scripts if inside == "script" else self.styles)[-1] += data
            return
        if {"td", "th"} & {*self._open}:
            self.tables[self._section][-1][-1] += data.strip()
        self.texts[self._section] = self.texts.get(self._section, "") + " " + data.strip()

    def row(self, section: str, first: str) -> dict[str, str]:
        """The row of a section that begins so, by its columns."""
        columns, *rows = self.tables[section]
        (row,) = [row for row in rows if row[0] == first]
        return dict(zip(columns, row, strict=True))
