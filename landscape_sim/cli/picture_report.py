"""The report of a picture: its critical points, and the surface where there is one."""

from __future__ import annotations

from landscape_sim.cli.picture_settings import PictureSettings
from landscape_sim.columns import Column, Table, numbers
from landscape_sim.escape.escape import Escape
from landscape_sim.escape.picture import Pictures
from landscape_sim.landscapes import CriticalPoint
from landscape_sim.report.report import Report
from landscape_sim.report.surface_chart import surface_chart

_COLUMNS = (
    Column("point", "{point}"),
    Column("position", "{position}"),
    Column("loss", "{loss:.6g}"),
    Column("eigenvalues of the Hessian", "{eigenvalues}"),
)


def picture_report(escape: Escape, pictures: Pictures, settings: PictureSettings) -> Report:
    """Return what ``report.html`` says of the pictures of an escape."""
    route = escape.route
    points = {"minimum": route.minimum, "saddle": route.saddle, "destination": route.destination}
    charts = {}
    if escape.dimension == 2:
        charts["chart-landscape"] = surface_chart(escape.landscape, route)
    return Report(
        f"The way out of a well: {settings.landscape}",
        f"L^s/L* = {route.loss_ratio:.6g}, T = η h_e*/B = {escape.temperature:.6g}.",
        [Table("Critical points", [_row(*one) for one in points.items()], _COLUMNS)],
        settings.command(),
        pictures.notes,
        settings.model_dump(mode="json"),
        charts,
    )


def _row(name: str, point: CriticalPoint) -> dict[str, object]:
    return {
        "point": name,
        "position": numbers(point.position),
        "loss": point.loss,
        "eigenvalues": numbers(point.eigenvalues),
    }
