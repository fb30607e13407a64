"""Configuration of the site, built by ``python -m sphinx -W -b html docs docs/_build/html``."""

from __future__ import annotations

import sys
from importlib.metadata import version as installed_version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from reference_pages import write_reference

project = "landscape_sim and nn_bridge"
author = "landscape_sim developers"
project_copyright = "landscape_sim developers, BSD-3-Clause"
release = version = installed_version("landscape-sim")

extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "**/.ipynb_checkpoints"]
# Of the gallery, the pages alone.
exclude_patterns += [f"gallery/*.{kind}" for kind in ("ipynb", "json", "py", "zip")]
nitpicky = False

myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 4
nb_execution_mode = "cache"
nb_execution_raise_on_error = True
nb_execution_timeout = 120
nb_merge_streams = True

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "filename_pattern": "",
    # Needs data and minutes.
    "ignore_pattern": "chain_at_a_minimum",
    "within_subsection_order": "ExampleTitleSortKey",
    "image_scrapers": ("gallery_pictures.pictures_of_a_script",),
    "write_computation_times": False,
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_signature": False,
}

autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

html_theme = "pydata_sphinx_theme"
html_title = "landscape_sim"
html_show_sourcelink = False
html_sidebars = {"*": ["globaltoc.html"], "notebooks/*": ["globaltoc.html"], "index": []}
# Without it the theme complains in the browser's console.
html_context = {"default_mode": "auto"}
html_theme_options = {
    "navbar_center": [],
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}

write_reference(Path(__file__).parent / "reference")
