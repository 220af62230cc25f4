"""Deployments to one of two sets of targets, which then gets the other's traffic in steps (sections 10 and 13).

One file a concern: `action` sees one through and begins it, `phases` says what comes after what, `hooks` runs the scripts of one event on many
targets, `watching` sees to the time after a step, `checks` asks in it whether all is well, `back` gives the traffic back. How a target is deployed to is `servers`'.
"""
