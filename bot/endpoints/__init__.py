"""Endpoints of others, reached over HTTP: what may be reached, how long it may take, and how a request is signed. Not what is asked."""
