"""How Sphinx builds the documentation: `make docs`."""

from leadflow import __version__

project = "leadflow"
release = version = __version__
extensions = ["myst_parser"]
myst_heading_anchors = 3
root_doc = "index"
html_theme = "furo"
html_title = f"leadflow {release}"
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
suppress_warnings = ["misc.highlighting_failure"]  # Mermaid: forges draw it, here it is text
