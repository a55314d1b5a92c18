"""Facts -> one HTML text that needs nothing else: no request leaves it, and its own style and script alone may run.

Every value is escaped by the template; the script reads only what stands in the page, so that no value is ever code.
I/O: reads the templates that ship with the package.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Final

import jinja2

from provision import assets
from provision.overview.facts import Facts
from provision.overview.leftovers import leftovers
from provision.overview.linked import DRIFT, HEALTH, NOTE, OK, PROBLEM, UNKNOWN, Links, links
from provision.overview.listing import groups, packages
from provision.overview.people import People
from provision.overview.picture import BOX_HEIGHT, BOX_WIDTH, WIDTH, picture
from provision.overview.rules import rules
from provision.overview.table import Table

FOLDER: Final = "templates/overview"


@dataclass(frozen=True, slots=True)
class Figure:
    """A number at the top of the page, and the section that it leads to."""

    number: str
    label: str
    section: str
    mark: str = ""


def page(facts: Facts, version: str) -> str:
    """The page; `version` is that of Lockstep."""
    joined = links(facts)
    tables = _tables(facts, joined)
    style, script = _file("page.css"), _file("page.js")
    swept = facts.swept
    return _template().render(
        environment=facts.inventory.environment,
        now=facts.now,
        version=version,
        figures=_figures(facts, joined, {table.id: table for table in tables}),
        said=_said(facts),
        unswept=facts.unswept if swept is None else "",
        over=swept.over if swept else (),
        problems=[one for one in swept.problems if one not in swept.over] if swept else (),
        omitted=swept.omitted if swept else 0,
        picture=picture(joined),
        box={"width": BOX_WIDTH, "height": BOX_HEIGHT, "room": WIDTH},
        health=HEALTH,
        tables=tables,
        style=style,
        script=script,
        style_hash=_digest(style),
        script_hash=_digest(script),
    )


def _tables(facts: Facts, joined: Links) -> tuple[Table, ...]:
    people = People(facts, joined)
    return (
        packages(joined),
        groups(joined),
        people.drift(),
        people.unexplained(),
        people.pending(),
        leftovers(facts),
        people.left_alone(),
        rules(facts.inventory),
    )


def _figures(facts: Facts, joined: Links, tables: dict[str, Table]) -> list[Figure]:
    counts = facts.swept.counts if facts.swept else None
    live = sum(one.live or 0 for one in joined.packages)

    def of_sweep(name: str, label: str, section: str, mark: str) -> Figure:
        if counts is None:
            return Figure("?", label, section, UNKNOWN)
        return Figure(f"{counts[name]:,}", label, section, mark if counts[name] else OK)

    def rows(section: str) -> int:
        return len(tables[section].rows) + tables[section].more

    return [
        Figure(f"{len(joined.packages):,}", "access packages", "packages"),
        Figure(f"{live:,}", "live assignments", "packages"),
        Figure(f"{len(joined.groups):,}", "groups", "groups"),
        of_sweep("adds", "to add", "drift", DRIFT),
        of_sweep("removes", "to remove", "drift", DRIFT),
        of_sweep("withheld", "withheld", "drift", PROBLEM),
        of_sweep("unexplained", "unexplained", "unexplained", NOTE),
        of_sweep("pending", "pending", "pending", NOTE),
        Figure(f"{rows('leftovers'):,}", "left over", "leftovers", NOTE if rows("leftovers") else OK),
    ]


def _said(facts: Facts) -> str:
    """The sweep's own sentence."""
    return str(facts.swept.result.get("detail") or "") if facts.swept else ""


def _file(name: str) -> str:
    return assets.path(f"{FOLDER}/{name}").read_text(encoding="utf-8")


def _digest(text: str) -> str:
    """How a content security policy names the one style or script that it allows."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(assets.path(FOLDER)),
        undefined=jinja2.StrictUndefined,
        autoescape=True,  # style and script pass by it: files of ours
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.j2")
