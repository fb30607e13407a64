"""Command lines of both programs, with the file that they read, if they do."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import strategies as st

from fuzz.study_files import BOWL, COMPARE, REGRESSION, SIMULATED, file_text, files
from fuzz.words import ABSURD, ANY_TEXT, FORMULAS, WELLS, seldom, weighted

STUDY = "study file.json"


class CommandLine(NamedTuple):
    """Arguments, the text of the study file where there is one, and the program."""

    arguments: tuple[str, ...]
    study: str | None = None
    program: str = "landscape-sim"


#: Names and usual values.
Options = dict[str, tuple[str, ...]]


@st.composite
def _given(draw: st.DrawFn, always: Options, sometimes: Options) -> list[str]:
    """Return options with usual values, and with up to two that are absurd or not there."""
    names = [*always, *(name for name in sometimes if draw(st.integers(0, 9)) in (3, 6))]
    values = {name: draw(st.sampled_from((always | sometimes)[name])) for name in names}
    for _ in range(draw(st.sampled_from([1, 0, 0, 0, 1, 2])) if names else 0):
        values[draw(st.sampled_from(names))] = draw(ABSURD)
    given = [f"--{name}={value}" for name, value in values.items()]
    if seldom(draw):
        given = given[1:]
    if seldom(draw):
        given.append(draw(st.sampled_from(["--bogus", "extra", "--json=1", "--", "-h", "--quick"])))
    return given


_SGD = {
    "learning-rate": ("0.05", "0.1", "0.3", "1e-4", "10"),
    "batch-size": ("1", "2", "1000"),
}
_ESCAPE = {
    "noise": ("isotropic", "hessian", "constant"),
    "target-radius": ("0.25", "0.1", "0.9", "3"),
    "domain": ("-3:3", "-3:3", "-3:3,-3:3", "-0.5:0.5", "-1e10:1e10"),
}


@st.composite
def _problem(draw: st.DrawFn) -> list[str]:
    """Return what states an escape: a well, a formula of the grammar, a name, or anything."""
    kind = draw(st.integers(0, 9))
    if kind < 5:
        formula, variables, start, target = draw(WELLS)
        ends = [f"--start={start}", f"--target={target}"][: draw(st.integers(0, 2))]
        return [f"--loss={formula}", f"--variables={variables}", *ends]
    if kind < 8:
        formula = draw(FORMULAS)
        return [f"--loss={formula}", f"--variables={'x,y' if 'y' in formula else 'x'}"]
    if kind == 8:
        names = ("tilted-quartic", "triple-well", "stiff-2d", "mueller-brown", "bowl-2d")
        return [f"--landscape={draw(st.sampled_from(names))}"]
    return [
        f"--loss={draw(st.one_of(ABSURD, ANY_TEXT))}",
        f"--variables={draw(st.sampled_from(['x', 'x,y', 'y x', 'x,x', 'pi', 'X', '']))}",
        f"--start={draw(st.sampled_from(['0', '0,0', '1,,2']))}",
    ]


@st.composite
def rates(draw: st.DrawFn) -> CommandLine:
    """Return ``rate``: mostly the formula, simulations of few steps."""
    method = draw(
        st.sampled_from(["formula"] * 12 + ["exact"] * 6 + ["simulate", "splitting", "x"])
    )
    cheap = [
        "--max-path-steps=" + draw(st.sampled_from([*["1e6", "1e5"] * 6, "0", "nan", "-1", "x"]))
    ]
    options = _ESCAPE | {
        "relative-error": ("0.5", "0.9"),
        "confidence-level": ("0.5", "0.95", "0.9999999999999999"),
        "seed": ("0", "1", "99999999999999999999999"),
        "n-outliers": ("1", "2"),
        "outlier-curvature": ("1", "4"),
        "n-cells": ("60", "100"),
    }
    given = draw(_given(_SGD, options))
    json = ["--json"] * draw(st.booleans())
    if method in ("simulate", "splitting") and not any("relative-error" in one for one in given):
        cheap.append("--relative-error=0.5")
    return CommandLine(("rate", *draw(_problem()), *given, *cheap, *json, f"--method={method}"))


@st.composite
def pictures(draw: st.DrawFn) -> CommandLine:
    """Return ``picture`` with few paths."""
    options = _ESCAPE | {"seed": ("0", "7"), "out": ("p", "a/b", "x[/b]")}
    paths = "--paths=" + draw(
        st.sampled_from([*["1", "3"] * 6, "0", "-1", "x", "99999999999999999999"])
    )
    return CommandLine(("picture", *draw(_problem()), *draw(_given(_SGD, options)), paths))


@st.composite
def _with_study(
    draw: st.DrawFn, command: tuple[str, ...], texts: st.SearchStrategy[str]
) -> CommandLine:
    text = draw(texts)
    given = draw(_given({}, {"seed": ("0", "3"), "out": ("o", "a/b", ".", "x" * 300)}))
    json = ["--json"] * draw(st.booleans())
    return CommandLine((*command, f"--study={STUDY}", *given, *json), text)


@st.composite
def bowls(draw: st.DrawFn) -> CommandLine:
    """Return ``stationary`` with few paths."""
    always = {"learning-rate": ("0.5", "0.5,0.25"), "batch-size": ("4", "8")}
    options = {"curvature": ("2", "1e-3"), "floor": ("1", "1e-9"), "seed": ("0", "1")}
    cheap = {
        "paths": st.sampled_from([*["10"] * 16, "0", "-1", "x", "99999999999999"]),
        "samples": st.sampled_from([*["2"] * 16, "0", "-1", "x", "99999999999999"]),
        "dimensions": st.sampled_from([*["1"] * 12, "0", "65", "x", "1,1"]),
        "transition-dimensions": st.sampled_from([*["1", "9"] * 6, "0", "65", "x"]),
    }
    fixed = [f"--{name}={draw(values)}" for name, values in cheap.items()]
    return CommandLine(("stationary", *fixed, *draw(_given(always, options))))


@st.composite
def regressions(draw: st.DrawFn) -> CommandLine:
    """Return the commands of ``regression`` on few samples."""
    command = draw(st.sampled_from(["stationary", "first-passage", "chain"]))
    options: Options = {"seed": ("0", "1")}
    if command == "first-passage":
        options |= {"learning-rate": ("0.1", "0.3"), "batch-size": ("1", "2")}
        options |= {"dimensions": ("1", "1,2"), "loss-ratios": ("1.2", "1.2,2")}
    else:
        options |= {"learning-rates": ("0.3", "0.3,0.5"), "batch-sizes": ("1", "2")}
    if command == "chain":
        options["label-noises"] = ("0.5", "1")
    cheap = {
        "runs": st.sampled_from([*["10", "20"] * 6, "0", "-1", "x", "99999999999999"]),
        "data-samples": st.sampled_from([*["50"] * 16, "1", "0", "-1", "x", "99999999999999"]),
    }
    fixed = [f"--{name}={draw(values)}" for name, values in cheap.items()]
    study = files(REGRESSION[command].map(lambda content: content | {"n_paths": 10}))
    return CommandLine(
        ("regression", command, f"--study={STUDY}", *draw(_given({}, options)), *fixed), draw(study)
    )


OTHERS = st.sampled_from(
    [(), ("--help",), ("--version",), ("bogus",), ("regression",), ("landscapes",)]
).map(CommandLine)
COMMAND_LINES = weighted(
    (10, rates()),
    (2, pictures()),
    (4, _with_study(("compare",), files(COMPARE))),
    (1, _with_study(("compare",), SIMULATED.map(file_text))),
    (1, bowls()),
    (1, _with_study(("stationary",), files(BOWL))),
    (2, regressions()),
    (1, OTHERS),
)

_NETWORK_OPTIONS: Options = {
    "width": ("3", "100"),
    "ghost-batch-size": ("10",),
    "samples": ("10",),
    "learning-rate": ("0.1",),
    "batch-size": ("1", "10"),
    "loss": ("mean-square", "cross-entropy"),
    "seed": ("0",),
}
_MEASURED: dict[str, Options] = {
    "curvature": {"eigenvalues": ("2",), "probes": ("2",), "steps": ("4",), "batch-size": ("1",)},
    "decoupling": {"samples": ("10",)},
    "escape": {"thresholds": ("1.5,2",), "replicas": ("2",), "max-steps": ("5",)},
    "crosscheck": {"curvatures": ("2",), "relative-error": ("0.5",), "seed": ("0",)},
}


@st.composite
def networks(draw: st.DrawFn) -> CommandLine:
    """Return commands of ``nn-bridge`` that find neither data nor a checkpoint: all are refused."""
    command = draw(st.sampled_from(["train", "noise", *_MEASURED]))
    where = ["--data-dir=none"] if command != "crosscheck" else []
    if command in ("train", "noise"):
        always: Options = {"network": ("mlp-100", "fc", "cnn"), "epochs": ("1",)}
        given = draw(_given(always, _NETWORK_OPTIONS))
        what = [draw(st.sampled_from(["mnist", "fashion-mnist", "cifar-10", "x", STUDY]))]
    else:
        always = {"learning-rate": ("0.1",), "batch-size": ("1",)} if command == "escape" else {}
        given = draw(_given(always, _MEASURED[command]))
        what = [draw(st.sampled_from([STUDY, "none", ".", "x" * 300, "\udcff"]))]
    text = draw(st.one_of(ANY_TEXT, st.just('{"epoch": 1}')))
    return CommandLine((command, *what, *given, *where), text, "nn-bridge")
