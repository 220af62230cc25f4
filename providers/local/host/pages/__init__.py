"""The host's pages: plain HTML that works without a script, made by Jinja2 from what the host's services tell."""
