"""The study that the tests of reports run."""

from __future__ import annotations

#: One landscape on a line, and one in the plane.
STUDY = {
    "name": "two",
    "loss_ratios": [2.0, 3.0],
    "learning_rates": [0.1],
    "batch_sizes": [1],
    "methods": ["formula", "exact"],
    "landscapes": [
        {"landscape": "quartic", "barrier": 0.25},
        {
            "landscape": "plane",
            "formula": "0.5*(x**2 - 1)**2 + y**2",
            "variables": "x,y",
            "start": [-1, 0],
            "target": [1, 0],
        },
    ],
}
