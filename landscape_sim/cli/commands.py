"""The commands of ``landscape-sim``."""

from __future__ import annotations

from collections.abc import Callable

from landscape_sim.cli.compare import compare
from landscape_sim.cli.landscapes import landscapes
from landscape_sim.cli.paper import paper
from landscape_sim.cli.picture import picture
from landscape_sim.cli.rate import rate
from landscape_sim.cli.regression import regression
from landscape_sim.cli.stationary import stationary
from landscape_sim.cli.study import study
from landscape_sim.cli.terms import terms
from landscape_sim.cli.warm_up import warm_up
from landscape_sim.console.application import new_application
from landscape_sim.console.help_ending import ending

app = new_application(
    "How fast does SGD leave a minimum? Formula, exact solution and simulation, side by side.",
    "landscape-sim compare --quick --out results/quick",
)
_EXAMPLES: dict[Callable[..., None], tuple[str, ...]] = {
    compare: ("landscape-sim compare --quick --out results/quick",),
    rate: (
        'landscape-sim rate --loss "0.25 + (x**2 - 1)**2" --variables x \\',
        "    --learning-rate 0.05 --batch-size 1 --method exact",
    ),
    landscapes: ("landscape-sim landscapes",),
    stationary: ("landscape-sim stationary --paths 200 --samples 50",),
    picture: ("landscape-sim picture --landscape stiff-2d --temperature 0.2",),
    paper: ("landscape-sim paper 3b --quick",),
    terms: ("landscape-sim terms",),
    warm_up: ('landscape-sim warm-up --loss "0.25 + (x**2 - 1)**2" --variables x',),
}
for _command, _example in _EXAMPLES.items():
    app.command(epilog=ending(*_example))(_command)
app.add_typer(regression, name="regression")
app.add_typer(study, name="study")
