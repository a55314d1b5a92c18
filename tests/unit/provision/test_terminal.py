from __future__ import annotations

import errno
import io
import time
from collections.abc import Callable
from functools import partial

import pytest

from provision.errors import ProvisionError
from provision.side_by_side import side_by_side
from provision.terminal import ResultLost, Terminal

PLAIN = {"TERM": "xterm-256color", "COLUMNS": "40"}


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class FullDisk(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, f"No space left on device for {len(text)}")


class ClosedPipe(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError(errno.EPIPE, f"nobody reads these {len(text)}")


def streams(*, screen: bool = False, typed: str = "") -> tuple[Terminal, io.StringIO, io.StringIO]:
    kind: Callable[[], io.StringIO] = Screen if screen else io.StringIO
    out, err, keyboard = kind(), kind(), kind()
    keyboard.write(typed)
    keyboard.seek(0)
    return Terminal(out, err, keyboard, PLAIN), out, err


def test_only_results_go_to_stdout() -> None:
    terminal, out, err = streams()

    terminal.result("a result")
    terminal.show("shown")
    terminal.table(("A", "B"), [("1", "2")])
    terminal.say("said")
    terminal.warn("careful")
    terminal.fail("wrong")
    with terminal.progress("waiting") as tell:
        tell("still")

    assert out.getvalue() == "a result\nshown\nA  B\n1  2\n"
    assert err.getvalue() == "said\nwarning: careful\nerror: wrong\nwaiting\nwaiting: still\n"


def test_a_result_is_not_touched() -> None:
    terminal, out, _ = streams(screen=True)

    terminal.result("[bold]{}\x1b[0m :smile:" + "x" * 200 + "\n")

    assert out.getvalue() == "[bold]{}\x1b[0m :smile:" + "x" * 200 + "\n"


def test_lines_are_never_cut_or_wrapped() -> None:
    terminal, out, err = streams()

    terminal.show("y" * 200)
    terminal.table(("A",), [("x" * 200,)])
    terminal.say("z" * 200)

    assert out.getvalue() == "y" * 200 + "\nA\n" + "x" * 200 + "\n"
    assert err.getvalue() == "z" * 200 + "\n"


def test_columns_are_aligned_by_what_is_seen() -> None:
    terminal, out, _ = streams()

    terminal.table(("NAME", "SIZE"), [("日本", "1"), ("[b]x", "2")])

    assert out.getvalue() == "NAME  SIZE\n日本  1\n[b]x  2\n"


def test_long_lines_end_between_words_on_a_screen_and_commands_stay_whole() -> None:
    terminal, out, err = streams(screen=True)

    terminal.show("[bold]x[/bold]: the plan has changes, so `lockstep apply -e sandbox` makes it so\n  b", markup=True)
    terminal.say("  + role assignment Reader for the account's identity - reads its variables")
    terminal.show('           fix: dsacls "CN=Finance" /G "svc-lockstep@lab.example:WP;member"')

    assert out.getvalue().splitlines() == [
        "\x1b[1mx\x1b[0m: the plan has changes, so",
        "    `lockstep apply -e sandbox` makes it",
        "    so",
        "  b",
        '           fix: dsacls "CN=Finance" /G "svc-lockstep@lab.example:WP;member"',
    ]
    terminal.fail("the catalog does not exist; `lockstep plan -e x` says more")

    assert err.getvalue().splitlines() == [
        "  + role assignment Reader for the",
        "      account's identity - reads its",
        "      variables",
        "\x1b[31merror: \x1b[0mthe catalog does not exist;",
        "    `lockstep plan -e x` says more",
    ]


def test_a_narrow_screen_shows_the_rest_of_a_row_below_it() -> None:
    terminal, out, _ = streams(screen=True)

    terminal.table(
        ("TIME", "CATALOG", "USER", "WHY"),
        [("12:00", "Finance", "ada.lovelace@lab.example", "all is well and nothing was changed in the directory")],
    )

    assert [line.removeprefix("\x1b[1m").removesuffix("\x1b[0m") for line in out.getvalue().splitlines()] == [
        "TIME   CATALOG  USER",
        "    WHY",
        "12:00  Finance  ada.lovelace@lab.example",
        "    all is well and nothing was changed",
        "    in the directory",
    ]


def test_a_last_column_that_begins_early_is_wrapped_where_it_stands() -> None:
    terminal, out, _ = streams(screen=True)

    terminal.table(("PART", "WORDS"), [("runbook", "refused: somebody has no account in the directory"), ("job", "")])

    assert out.getvalue().splitlines()[1:] == [
        "runbook  refused: somebody has no",
        "         account in the directory",
        "job",
    ]


def test_what_is_wider_than_the_screen_is_not_cut() -> None:
    terminal, out, _ = streams(screen=True)

    terminal.table(("A", "B"), [("x" * 60, "y" * 60)])

    assert out.getvalue().splitlines()[2:] == ["x" * 60, "    " + "y" * 60]


@pytest.mark.parametrize("screen", [True, False])
def test_colour_is_only_for_terminals(*, screen: bool) -> None:
    terminal, out, err = streams(screen=screen)

    terminal.show("[green]x[/]", markup=True)
    terminal.fail("x")

    assert ("\x1b[" in out.getvalue()) is screen
    assert ("\x1b[" in err.getvalue()) is screen


def test_no_color_is_obeyed() -> None:
    out, err = Screen(), Screen()
    terminal = Terminal(out, err, io.StringIO(), PLAIN | {"NO_COLOR": "1"})

    terminal.show("[green]x[/]", markup=True)
    terminal.fail("x")

    assert out.getvalue() == "x\n"
    assert err.getvalue() == "error: x\n"


def test_escape_sequences_in_names_do_not_reach_the_terminal() -> None:
    terminal, out, err = streams(screen=True)

    terminal.show("a\x1b]0;title\x07b\rc")
    terminal.say("a\x9b31mb\nc")

    assert out.getvalue() == "a�]0;title�b�c\n"
    assert err.getvalue() == "a�31mb\nc\n"


def test_brackets_in_messages_are_text() -> None:
    terminal, _, err = streams()

    terminal.say("catalogs[0] [red] [/]")

    assert err.getvalue() == "catalogs[0] [red] [/]\n"


def test_progress_tells_each_state_once() -> None:
    terminal, _, err = streams()

    with terminal.progress("job") as tell:
        for state in ("queued", "queued", "running", "running"):
            tell(state)

    assert err.getvalue() == "job\njob: queued\njob: running\n"


def test_progress_on_a_terminal_leaves_nothing_behind_on_stdout() -> None:
    terminal, out, err = streams(screen=True)

    with terminal.progress("job [1]") as tell:
        tell("running [2]")
        terminal.say("in between")

    assert out.getvalue() == ""
    assert "in between" in err.getvalue()


def test_several_activities_share_one_line_of_a_terminal() -> None:
    out, err = Screen(), Screen()
    terminal = Terminal(out, err, io.StringIO(), PLAIN | {"COLUMNS": "120"})

    with terminal.activity("Finance: create Logic App") as tell, terminal.activity("HR: create [runbook]\x1b"):
        tell("not yet")
        terminal.say("(1/2) Sales: created")
        time.sleep(0.3)  # rich draws ten times in a second

    shown = err.getvalue()
    assert "Finance: create Logic App: not yet · HR: create [runbook]\N{REPLACEMENT CHARACTER}" in shown
    assert "(1/2) Sales: created" in shown
    assert out.getvalue() == ""


def test_elsewhere_an_activity_is_a_line_only_when_it_has_something_to_tell() -> None:
    terminal, _, err = streams()

    with terminal.activity("Finance: create Logic App"):
        pass
    with terminal.activity("HR: create Logic App") as tell:
        tell("not yet")
        tell("not yet")

    assert err.getvalue() == "HR: create Logic App: not yet\n"


def test_lines_of_many_threads_stay_whole() -> None:
    terminal, _, err = streams()

    side_by_side([partial(terminal.say, str(number) * 50) for number in range(10)] * 20, 8)

    lines = err.getvalue().splitlines()
    assert len(lines) == 200
    assert {*lines} == {str(number) * 50 for number in range(10)}


def quiet(*, typed: str = "") -> tuple[Terminal, io.StringIO, io.StringIO]:
    out, err, keyboard = io.StringIO(), Screen(), Screen(typed)
    return Terminal(out, err, keyboard, PLAIN | {"NO_COLOR": "1"}, quiet=True), out, err


def test_a_quiet_terminal_shows_results_and_errors_only() -> None:
    terminal, out, err = quiet()

    terminal.say("said")
    terminal.warn("careful")
    with terminal.progress("waiting") as tell, terminal.activity("at work") as tell_too:
        tell("still")
        tell_too("still")
    terminal.result("a result")
    terminal.fail("wrong")

    assert (out.getvalue(), err.getvalue()) == ("a result\n", "error: wrong\n")


def test_a_quiet_terminal_says_what_a_question_is_about() -> None:
    terminal, _, err = quiet(typed="yes\n")

    terminal.say("the plan")

    assert terminal.confirm("Apply these 3 changes?") is True
    assert err.getvalue() == "the plan\nApply these 3 changes? [yes/no] "


@pytest.mark.parametrize(
    ("typed", "answer"), [("yes\n", True), ("Y\n", True), ("no\n", False), ("\n", False), ("", False)]
)
def test_only_yes_is_yes(typed: str, answer: object) -> None:
    terminal, out, err = streams(screen=True, typed=typed)

    assert terminal.confirm("Do it?") is answer
    assert (out.getvalue(), err.getvalue()) == ("", "Do it? [yes/no] ")


def test_nobody_there_is_not_yes() -> None:
    terminal, _, _ = streams(typed="yes\n")

    with pytest.raises(ProvisionError, match=r"Do it\? Nobody can answer here: add --yes"):
        terminal.confirm("Do it?")


WAYS: list[Callable[[Terminal], None]] = [
    lambda terminal: terminal.result("x"),
    lambda terminal: terminal.show("x"),
    lambda terminal: terminal.table(("x",), []),
]


@pytest.mark.parametrize("way", WAYS)
def test_a_result_that_does_not_arrive_whole_is_an_error(way: Callable[[Terminal], None]) -> None:
    with pytest.raises(ResultLost, match="cannot be written: No space left"):
        way(Terminal(FullDisk(), io.StringIO(), io.StringIO(), PLAIN))


@pytest.mark.parametrize("way", WAYS)
def test_a_reader_who_went_away_is_for_the_caller(way: Callable[[Terminal], None]) -> None:
    with pytest.raises(BrokenPipeError):
        way(Terminal(ClosedPipe(), io.StringIO(), io.StringIO(), PLAIN))
