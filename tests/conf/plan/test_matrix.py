"""From what is asked for to cells: Hydra's grammar, keys, and one line for errors."""

from __future__ import annotations

import itertools
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conf.errors import MatrixError
from conf.plan.matrix import matrix

pytestmark = pytest.mark.usefixtures("composed_once")

IMPLS = ["single", "multiprocess", "multithread", "select"]
ROOT = Path(__file__).parents[3]


def cells(**asked: Any) -> dict[str, dict[str, Any]]:
    """Return the cells asked for; of the default study's repeats one, unless asked."""
    return matrix({"repeat": 1, **asked}, ROOT, ["load"])


def axes(found: dict[str, dict[str, Any]]) -> list[tuple[str, str, int, float, int]]:
    return [
        (
            cell["experiment"]["name"],
            cell["impl"]["name"],
            cell["users"],
            cell["hatch_rate"],
            cell["repeat"],
        )
        for cell in found.values()
    ]


def test_default_study_is_the_published_one() -> None:
    found = matrix({}, ROOT, ["load"])
    assert [(e, i, repeat) for e, i, *_, repeat in axes(found)] == [
        (experiment, impl, repeat)
        for experiment in ("first_fail", "burst")
        for impl in IMPLS
        for repeat in (1, 2, 3)
    ]
    for cell in found.values():
        load = cell["load"]
        assert (load["think_min_s"], load["think_max_s"]) == (1, 8)
        assert cell["server"]["backlog"] == 128
        assert cell["page"]["cpu_ms"] == 4
        if cell["experiment"]["name"] == "burst":
            assert (cell["users"], cell["hatch_rate"]) == (2000, 2000)
            assert cell["experiment"]["requests"] == 10_000
        else:
            assert cell["hatch_rate"] == 10


@pytest.mark.parametrize(
    "asked, expected",
    [
        ({"impl": "select", "users": 2000}, {("select", 2000)}),
        ({"impl": "select,single", "users": "5"}, {("select", 5), ("single", 5)}),
        ({"impl": "'select',\"single\"", "users": 5}, {("select", 5), ("single", 5)}),
        (
            {"impl": "glob(multi*, exclude=*_join)", "users": 5},
            {("multiprocess", 5), ("multithread", 5)},
        ),
        (
            {"impl": "select", "users": "range(500,1501,500)"},
            {("select", 500), ("select", 1000), ("select", 1500)},
        ),
        ({"impl": "choice(select)", "users": "7,8"}, {("select", 7), ("select", 8)}),
    ],
)
def test_hydras_grammar(asked: dict[str, Any], expected: set[Any]) -> None:
    found = cells(experiment="burst", **asked)
    assert {(impl, users) for _, impl, users, *_ in axes(found)} == expected


def test_nested_settings_and_sweeps_of_them() -> None:
    found = cells(
        impl="select",
        experiment="burst",
        server={"backlog": "64,128", "keep_alive": "true"},
    )
    assert [c["server"]["backlog"] for c in found.values()] == [64, 128]
    assert all(c["server"]["keep_alive"] is True for c in found.values())


def test_a_study_is_asked_for_by_name_and_overridden() -> None:
    demo = cells(study="demo", impl="select", experiment="burst")
    [cell] = demo.values()
    assert cell["load"]["timeout_s"] == 2
    [cell] = cells(
        study="demo", impl="select", experiment="burst", load={"timeout_s": "3"}
    ).values()
    assert cell["load"]["timeout_s"] == 3


def test_as_many_users_as_the_server_takes() -> None:
    """The default of a search for the first failure, and one value of an axis."""
    asked = {"impl": "select", "experiment": "first_fail", "repeat": 1}
    [(name, cell)] = cells(**asked).items()
    assert (cell["users"], cell["experiment"]["start_users"]) == ("auto", "auto")
    assert name.startswith("first_fail/select/users~auto/hatch_rate~10/")
    found = cells(**asked, users="500,auto", set={"experiment.start_users": "0,20"})
    assert [
        (cell["users"], cell["experiment"]["start_users"]) for cell in found.values()
    ] == [(500, 0), (500, 20), ("auto", 0), ("auto", 20)]
    assert name not in found


@pytest.mark.parametrize("study", ["class", "demo", "seed_link"])
def test_studies_that_join_as_they_did(study: str) -> None:
    found = cells(study=study, impl="select", experiment="first_fail", network="netns")
    [cell] = found.values()
    users = {"class": 1500, "demo": "auto", "seed_link": 3300}
    assert cell["users"] == users[study]
    assert cell["experiment"]["start_users"] == 0


def test_idle_connections_are_an_axis() -> None:
    kept = {"keep_alive": "true", "request_timeout_s": "300"}
    asked = {"impl": "select", "experiment": "burst", "server": kept}
    found = cells(**asked, idle="0,100,900")
    assert [cell["idle"] for cell in found.values()] == [0, 100, 900]
    assert len({cell["key"] for cell in found.values()}) == 3
    assert next(iter(found)) in cells(**asked)  # none is the default


def test_the_study_of_idle_connections() -> None:
    idle = matrix({"study": "idle", "impl": "select"}, ROOT, ["load"])
    found = list(idle.values())
    assert {cell["repeat"] for cell in found} == {1, 2, 3}
    first = [cell for cell in found if cell["repeat"] == 1]
    assert [cell["idle"] for cell in first] == [0, 100, 500, 900, 2000]
    assert all(cell["server"]["keep_alive"] for cell in found)
    assert {cell["load"]["think_max_s"] for cell in found} == {0}


@given(
    # To compose a choice of groups takes long, and two are a product already.
    impls=st.lists(st.sampled_from(IMPLS), min_size=1, max_size=2, unique=True),
    users=st.lists(st.integers(1, 10_000), min_size=1, max_size=3, unique=True),
    rates=st.lists(st.integers(1, 500), min_size=1, max_size=2, unique=True),
    repeats=st.integers(1, 2),
)
@settings(max_examples=15)
def test_matrix_is_the_product(
    impls: list[str], users: list[int], rates: list[int], repeats: int
) -> None:
    found = cells(
        experiment="burst",
        impl=",".join(impls),
        users=",".join(map(str, users)),
        hatch_rate=",".join(map(str, rates)),
        repeat=f"range(1,{repeats + 1})",
    )
    expected = itertools.product(["burst"], impls, users, rates, range(1, repeats + 1))
    assert sorted(axes(found)) == sorted(expected)
    keys = [cell["key"] for cell in found.values()]
    assert len(set(keys)) == len(keys)
    assert all(name.endswith(cell["key"]) for name, cell in found.items())


def test_one_cell_has_one_key_however_it_is_asked_for() -> None:
    [alone] = cells(experiment="burst", impl="select", users=5)
    assert alone in cells(experiment="burst", users="range(1,10)")
    assert alone in cells(users="5,6", server={"backlog": "128"}, study="default")


@pytest.mark.parametrize("code", ["6357", "0042", "1_000", "1e3", "true", "on", "-1"])
def test_text_is_as_it_is_written(code: str) -> None:
    """Whether or not Hydra's grammar knows it as a number."""
    asked = {"app": "attendance", "impl": "select", "experiment": "burst"}
    [cell] = cells(**asked, set={"app.code": code}).values()
    assert cell["app"]["code"] == code
    for several in (f"'{code}',7", f"{code}, 7"):
        swept = cells(**asked, set={"app.code": several}).values()
        assert [cell["app"]["code"] for cell in swept] == [code, "7"]


@pytest.mark.parametrize("word", ["1.10", "1e3", "022", "1_000", "+5", "x", "1.1"])
def test_an_option_is_as_it_is_written(word: str) -> None:
    """The server would get another word on its command line otherwise."""
    asked = {"impl": "prefork", "experiment": "burst"}
    for several in (word, f"{word}, 7"):
        set_ = {"impl.options.max_workers": several}
        found = [c["impl"]["options"] for c in cells(**asked, set=set_).values()]
        assert str(found[0]["max_workers"]) == word
        assert [each["max_workers"] for each in found[1:]] in ([], [7])
    [flag] = cells(**asked, set={"impl.options.max_workers": "true"}).values()
    assert flag["impl"]["options"]["max_workers"] is True


def test_a_port_that_no_command_names() -> None:
    asked = {"impl": "select", "experiment": "burst", "page": "static"}
    said = {"impl.command": "'x {options}'"}
    with pytest.raises(MatrixError, match=r"it must name \{port\}"):
        cells(**asked, set=said)
    [cell] = cells(**asked, set=said, server={"port": "8080"}).values()
    assert cell["server"]["port"] == 8080


def test_every_setting_is_in_the_key() -> None:
    asked = {"experiment": "burst", "impl": "select"}
    seen = set(cells(**asked))
    for setting in (
        *("server.backlog", "server.stop_s", "load.seed", "load.timeout_s"),
        *("experiment.max_s", "experiment.requests"),
    ):
        [changed] = cells(**asked, set={setting: "77"})
        assert changed not in seen
        seen.add(changed)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "key": ({"user": 3}, "users"),
    "nested key": ({"server": {"bcklog": "3"}}, "server.backlog"),
    "key of a group": ({"backlog": 3}, "server='{backlog: …}'"),
    "impl": ({"impl": "selekt"}, "select"),
    "experiment": ({"experiment": "brust"}, "burst"),
    "study": ({"study": "dmo"}, "demo"),
    "text for a number": ({"users": "many"}, "users=many"),
    "fraction": ({"users": 2.5}, "users=2.5"),
    "truth value": ({"hatch_rate": True}, "hatch_rate=true"),
    "in a sweep": ({"users": "1,many"}, "users=many"),
    "no users": ({"users": "null"}, "users=null: it must be a whole number or auto"),
    "as many as it takes, of a search for the capacity": (
        {"experiment": "capacity", "users": "5,auto"},
        "users=auto with experiment.stop=capacity",
    ),
    "onset": ({"set": {"experiment.onset_s": -1}}, "experiment.onset_s=-1.0: must be"),
    "infinite": ({"hatch_rate": "inf"}, "finite"),
    "slow": ({"load": {"slow_ms": "0"}}, "load.slow_ms=0.0: must be more than 0"),
    "warm-up": (
        {"load": {"warm_up_s": "700"}},
        "load.warm_up_s=700.0: must be at most",
    ),
    "idle connections of a server that is not told": (
        {
            **{"idle": 5, "experiment": "burst", "impl": "gunicorn"},
            "server": {"keep_alive": "true", "request_timeout_s": "300"},
        },
        "idle=5: the command of gunicorn has neither {options} nor {request",
    ),
    "page": (
        {"page": "dynamic"},
        "compute, file, fixed_cost, rendered, static, waiting",
    ),
    "page of others": ({"impl": "http_server"}, "choose page=static"),
    "page of before": ({"server": {"page": "static"}}, "page"),
    "no CPU time": ({"page": {"cpu_ms": "0"}}, "page.cpu_ms=0.0: must be more than 0"),
    "CPU time without end": ({"page": {"cpu_ms": "1e5"}}, "must be at most 10,000"),
    "CPU time of a server that is not told": (
        {"page": "fixed_cost", "impl": "http_server"},
        "page=fixed_cost: the command of http_server has no {options}",
    ),
    "a folder of code": ({"compose": "choices"}, "there is no setting compose"),
    "empty range": ({"users": "range(5,5)"}, "empty"),
    "range without a step": ({"users": "range(1,5,0)"}, "range(1,5,0): the step of a"),
    "range of fractions without a step": (
        {"hatch_rate": "range(1,5,0.0)"},
        "hatch_rate=range(1,5,0.0): the step of a range is not 0",
    ),
    "range without an end": ({"users": "range(1,inf)"}, "its numbers are finite"),
    "range of no number": ({"hatch_rate": "range(nan,5)"}, "its numbers are finite"),
    "range of a group": ({"impl": "range(1,inf)"}, "its numbers are finite"),
    "range that is too long": ({"users": "range(1,1e9)"}, "at most 100,000 members"),
    "empty glob": ({"impl": "glob(x*)"}, "multithread"),
    "glob of no group": ({"users": "glob(1*)"}, "glob"),
    "interval": ({"users": "interval(1,5)"}, "range"),
    "list": ({"users": ["5", "6"]}, "users=5,6"),
    "no value": ({"users": None}, "users=VALUE"),
    "empty mapping": ({"server": {}}, "server"),
    "set of nothing": ({"set": 3}, "dotted"),
    "set of a typo": ({"set": {"experiment.request": "3"}}, "experiment.requests"),
    "grammar": ({"users": "range(1"}, "grammar: a ( is not closed: write ) behind it"),
    "a bracket too many": ({"users": "5)"}, "a ) closes nothing"),
    "brackets that cross": ({"users": "choice([5)]"}, "a ) closes nothing"),
    "a comma at the end": ({"impl": "select,"}, "nothing stands behind a comma"),
    "a comma at the end of a call": ({"users": "choice(5,)"}, "behind a comma"),
    "two commas": ({"users": "5,,6"}, "nothing stands before a comma"),
    "a comma in quotes": ({"users": "'5,',"}, "nothing stands behind a comma"),
    "an odd name": (
        {"impl": "sélect"},
        "there is no impl sélect; did you mean select or single?",
    ),
    "an odd name of several": (
        {"impl": "single, sélect"},
        "there is no impl sélect; did you mean select or single?",
    ),
    "an odd sign": ({"users": "5€"}, "€ must stand in quotes, as in users='5€'"),
    "an open quote": ({"impl": "'select"}, "the quote ' is not closed"),
    "an open quote of two": ({"impl": 'single,"select'}, 'the quote " is not closed'),
    "a quote within": ({"users": "5'"}, "the quote ' is not closed"),
    "an odd key": ({"server": {"bäcklog": "5"}}, "did you mean server.backlog"),
    "other grammar": ({"users": "range(5:6)"}, "grammar"),
    "a group as a value": ({"server": 3}, "server"),
    "missing page": ({"impl": {"body": "nowhere.html"}}, "nowhere.html"),
    "text for a list": ({"impl": {"sources": "mine/"}}, "it must be a list, as in ["),
    "signal": ({"impl": {"stop_signal": "TERM"}}, "did you mean SIGTERM?"),
    "path": ({"impl": {"path": "page"}}, "impl.path"),
    "network": ({"network": "netsn"}, "netns"),
    "ports": (
        {"network": "netns", "set": {"network.ip_local_port_range": "5"}},
        "40000-40199",
    ),
    "a number for text": (
        {"app": {"code": 34}},
        "app.code: it must be text; the value was read as 34: write it in quotes",
    ),
    "a truth value for text": (
        {"set": {"impl.command": True}},
        "impl.command: it must be text; the value was read as true",
    ),
    "a number for text, in a sweep": (
        {"app": "attendance", "set": {"app.code": "choice(1_000,2)"}},
        "app.code=choice(1_000,2): a member is read as 1000: write it in quotes",
    ),
    "a number for text, with a part that is written": (
        {"app": "attendance", "set": {"app.code": "choice(1.10,2)"}},
        "a member is read as 1.1: write it in quotes",
    ),
    "an option that is read as another": (
        {"impl": "prefork", "set": {"impl.options.max_workers": "choice(1.10,2)"}},
        "a member is read as 1.1: write it in quotes",
    ),
    "a reference": (
        {"set": {"load.think_max_s": "${load.think_min_s}"}},
        "load.think_max_s=${load.think_min_s}: must be a value, and no name of another",
    ),
    "a setting that is set to something else": (
        {"users": 20, "set": {"users": 9}},
        "users has two values, 20 and 9, one of them in set: leave one out",
    ),
    "a variable of a server": (
        {"set": {"impl.environment.PORT": "8"}},
        "impl.environment.PORT is not set by a command: write PORT in a file of ",
    ),
    "a nested one": (
        {"server": {"backlog": "32"}, "set": {"server.backlog": "64"}},
        "server.backlog has two values, 32 and 64",
    ),
    "several studies": ({"study": "default,demo"}, "study"),
}


@pytest.mark.parametrize("asked, named", WRONG.values(), ids=WRONG)
def test_wrong_input_is_one_line(asked: dict[str, Any], named: str) -> None:
    """Of one cell, unless more are asked for: to compose eight takes a second."""
    with pytest.raises(MatrixError) as caught:
        cells(**{"impl": "select", "experiment": "burst", **asked})
    text = str(caught.value)
    assert len(text.splitlines()) == 1
    assert named in text
    assert not re.search("[a-z]Exception|[A-Z]+_[A-Z]+", text), (
        text
    )  # of a grammar's own


@example({"users": "\r"})
@given(
    st.dictionaries(
        st.sampled_from(["users", "impl", "hatch_rate", "server", "study", "x"]),
        st.one_of(
            st.none(),
            st.integers(),
            st.floats(),
            st.text(max_size=12),
            st.lists(st.text(max_size=3), max_size=2),
            st.dictionaries(st.text(max_size=6), st.text(max_size=6), max_size=2),
        ),
        min_size=1,
        max_size=2,
    )
)
def test_any_input_makes_cells_or_one_line(asked: dict[str, Any]) -> None:
    try:
        found = cells(**{"impl": "select", "experiment": "burst", **asked})
    except MatrixError as error:
        assert len(str(error).splitlines()) == 1, str(error)
    else:
        assert found


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where each copy is: what a file imports is found out once for a place."""
    return tmp_path_factory.mktemp("copy")


@pytest.fixture
def copy(place: Path) -> Iterator[Path]:
    compiled = shutil.ignore_patterns("__pycache__")
    for folder in ("servers", "load"):
        shutil.copytree(ROOT / folder, place / folder, ignore=compiled)
    yield place
    for folder in ("servers", "load"):
        shutil.rmtree(place / folder)


def folders_in(root: Path) -> set[str]:
    """Return the folders of the cells of a burst, with the code below `root`."""
    return set(matrix({"experiment": "burst"}, root, ["load"]))


@pytest.fixture(scope="module")
def unchanged() -> set[str]:
    """The folders of these cells, with the code as it is."""
    return folders_in(ROOT)


def test_auto_network_is_resolved() -> None:
    """What `auto` stands for is in the key: elsewhere it is another measurement."""
    for name in ("loopback", "netns"):
        chosen = {"impl": "select", "experiment": "burst", "repeat": 1}
        found = matrix(chosen, ROOT, ["load"], auto_network=name)
        assert found == matrix({**chosen, "network": name}, ROOT, ["load"])
        assert [cell["network"]["name"] for cell in found.values()] == [name]


def test_pages_are_choices_and_settings() -> None:
    found = matrix({"page": "glob(*)", "impl": "single", "users": 5}, ROOT, ["load"])
    pages = {cell["page"]["name"] for cell in found.values()}
    assert pages == {
        *("compute", "file", "fixed_cost", "rendered", "static", "waiting")
    }
    sizes = {"page": {"bytes": "5000,14939"}, "impl": "single", "experiment": "burst"}
    found = cells(**sizes)
    assert [c["page"]["bytes"] for c in found.values()] == [5000, 14_939]
    assert {c["page"]["name"] for c in found.values()} == {"fixed_cost"}


def test_a_page_of_a_fixed_cost_is_another_cell() -> None:
    asked = {"impl": "single", "experiment": "burst"}
    [rendered] = cells(**asked, page="rendered").values()
    [fixed] = cells(**asked, page="fixed_cost").values()
    assert rendered["page"]["cpu_ms"] is None
    assert (fixed["page"]["kind"], fixed["page"]["cpu_ms"]) == ("rendered", 4.0)
    swept = cells(**asked, page="fixed_cost", set={"page.cpu_ms": "4,8"})
    assert [cell["page"]["cpu_ms"] for cell in swept.values()] == [4.0, 8.0]
    assert fixed["key"] in {cell["key"] for cell in swept.values()}


def test_each_page_is_of_its_own_sources() -> None:
    """Whatever else is in the matrix: or its cells would be measured again."""

    def pages(sources: str) -> dict[str, Any]:
        asked = {"impl": "single", "experiment": "burst"}
        return matrix({**asked, "set": {"page.sources": sources}}, ROOT, ["load"])

    one, other = "[servers/command_line/write_page.py]", "[servers/protocol/uri.py]"
    assert pages(f"{one},{other}") == {**pages(one), **pages(other)}


@pytest.mark.parametrize(
    "edited, changed",
    [
        ("servers/select.py", {"select"}),
        ("servers/serving/blocking_connection.py", {*IMPLS} - {"select"}),
        ("servers/serving/settings.py", set(IMPLS)),
        ("servers/protocol/http.py", set(IMPLS)),
        ("servers/protocol/page.html.j2", set(IMPLS)),
        ("load/run.py", set(IMPLS)),
        ("load/locustfile.py", set(IMPLS)),
        ("servers/new.py", set()),
    ],
)
def test_code_is_in_the_key(
    copy: Path, unchanged: set[str], edited: str, changed: set[str]
) -> None:
    path = copy / edited
    with path.open("a") as file:
        file.write("\n# edited\n")
    new = folders_in(copy) - unchanged
    assert {folder.split("/")[1] for folder in new} == changed


def test_an_editors_file_changes_nothing(copy: Path, unchanged: set[str]) -> None:
    """Nor a touched one, nor another place. It is beside a source that is open."""
    for name in ("load/.run.py.swp", "load/run.py~", "servers/.select.py.swp"):
        (copy / name).write_text("unsaved")
    for path in copy.rglob("*.py"):
        path.touch()
    assert folders_in(copy) == unchanged


def test_missing_source_is_one_line(copy: Path) -> None:
    (copy / "servers" / "select.py").unlink()
    with pytest.raises(MatrixError, match=r"servers/select\.py"):
        matrix({"impl": "select"}, copy, ["load"])
