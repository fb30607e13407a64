"""The commands of ``landscape-sim``."""

from __future__ import annotations

from landscape_sim.cli.compare import compare
from landscape_sim.cli.landscapes import landscapes
from landscape_sim.cli.paper import paper
from landscape_sim.cli.picture import picture
from landscape_sim.cli.rate import rate
from landscape_sim.cli.regression import regression
from landscape_sim.cli.stationary import stationary
from landscape_sim.cli.study import study
from landscape_sim.console.application import new_application

app = new_application(
    "How fast does SGD leave a minimum? Formula, exact solution and simulation, side by side."
)
for _command in (compare, rate, landscapes, stationary, picture, paper):
    app.command()(_command)
app.add_typer(regression, name="regression")
app.add_typer(study, name="study")
