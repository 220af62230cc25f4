"""nginx's file for one upstream: written from weights, and read back into them.

https://nginx.org/en/docs/http/ngx_http_upstream_module.html#server. A weight must be positive there, so whoever gets nothing is `down`.
"""

import re
from collections.abc import Mapping

from bot.targets.balancers import Balancer

HEADER = "# Penstock writes this file whenever it shifts traffic. What else belongs into it stands in the targets file."

_COMMENT = re.compile(r"#[^\n]*")
_UPSTREAM = re.compile(r"\s*upstream\s+(?P<name>\S+)\s*\{(?P<body>[^{}]*)\}\s*")
_WEIGHT = re.compile(r"weight=([0-9]{1,12})")


class NotOurs(Exception):
    """The file has something that would be lost if it were written. The text says what to do about it."""


def text(balancer: Balancer, weights: Mapping[str, int]) -> str:
    lines = [HEADER, f"upstream {balancer.upstream} {{"]
    lines += [f"    {directive};" for directive in balancer.directives]
    for name, server in balancer.servers.items():
        weight = weights.get(name, 0)
        words = ["server", server.address, *balancer.parameters, f"weight={weight}" if weight else "down"]
        lines.append(f"    {' '.join(words)};  # {name}")
    return "\n".join([*lines, "}", ""])


def read(balancer: Balancer, written: str) -> Mapping[str, int]:
    """The weights of all servers, empty for a file that is not there yet. One that somebody else has written is taken over where nothing
    in it gets lost; in one of Penstock's own, servers that the operator has taken out are passed over. Raises NotOurs.
    """
    ours = written.startswith(HEADER)
    bare = _COMMENT.sub("", written)
    if not bare.strip():
        return {}
    match = _UPSTREAM.fullmatch(bare)
    if match is None or match["name"] != balancer.upstream:
        raise NotOurs(
            f"{balancer.file} has more in it than the upstream {balancer.upstream}: give that a file of its own"
        )
    names = {server.address: name for name, server in balancer.servers.items()}
    weights = dict.fromkeys(balancer.servers, 0)
    for statement in match["body"].split(";"):
        words = statement.split()
        if words[:1] != ["server"]:
            if words and not ours and " ".join(words) not in balancer.directives:
                raise NotOurs(
                    f"{balancer.file} has `{' '.join(words)}`: put it into the balancer's `directives`, or remove it"
                )
            continue
        address, parameters = words[1] if words[1:] else "", words[2:]
        if address in names:
            weights[names[address]] = _weight(parameters)
        unknown = [each for each in parameters if not _known(each, balancer)]
        if not ours and address not in names:
            raise NotOurs(
                f"{balancer.file} has the server {address}: put it into the balancer's `servers`, or remove it"
            )
        if not ours and unknown:
            raise NotOurs(
                f"{balancer.file} has `{unknown[0]}` at {address}: put it into the balancer's `parameters`, or remove it"
            )
    return weights


def _weight(parameters: list[str]) -> int:
    if "down" in parameters:
        return 0
    found = [match for each in parameters if (match := _WEIGHT.fullmatch(each))]
    return int(found[0][1]) if found else 1


def _known(parameter: str, balancer: Balancer) -> bool:
    return parameter == "down" or bool(_WEIGHT.fullmatch(parameter)) or parameter in balancer.parameters
