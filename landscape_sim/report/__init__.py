"""``report.html``: what a results folder says, in one page that a browser opens offline."""
