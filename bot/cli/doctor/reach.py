"""`penstock doctor`: whether a host is reached at all (its name, its certificate, its door), and whether its clock is ours."""

import ssl
import time
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp

from bot.cli.doctor.finding import Finding

PATIENCE = aiohttp.ClientTimeout(total=10)
SKEW = 30.0
"""Seconds by which two clocks may differ. A signing token is refused at five minutes, an App's sign-in at one."""


async def reached(name: str, url: str, setting: str, ca_bundle: Path | None) -> tuple[bool, list[Finding]]:
    """Whether anything answers there, whatever it says, and what is to be said of it. `setting` has the address."""
    try:
        date, before, after = await _date(url, ca_bundle)
    except aiohttp.ClientConnectorDNSError:
        remedy = f"Check the name in {setting}, and whether this machine's DNS knows it."
        return False, [Finding("bad", f"{name}: {url} does not answer: no machine has this name.", remedy)]
    except aiohttp.ClientConnectorCertificateError as error:
        remedy = "Does your company sign its certificates itself? Then set PENSTOCK_CA_BUNDLE to its authority's certificate, in PEM form."
        return False, [Finding("bad", f"{name}: {url} has a certificate that is not trusted: {_why(error)}.", remedy)]
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        said = (
            "not in time"
            if isinstance(error, TimeoutError)
            else str(getattr(error, "strerror", "") or type(error).__name__)
        )
        remedy = (
            f"Check the address in {setting}, and whether this machine may reach it: a firewall, or a proxy that HTTPS_PROXY has "
            "to name. Does it have a certificate of your own authority? Then set PENSTOCK_CA_BUNDLE."
        )
        return False, [Finding("bad", f"{name}: {url} does not answer: {said}.", remedy)]
    return True, skewed(name, date, before, after)


def skewed(name: str, date: str, before: float, after: float) -> list[Finding]:
    """By the `Date` of an answer, which came between those two moments of ours and counts whole seconds."""
    try:
        theirs = parsedate_to_datetime(date).timestamp()
    except ValueError:
        return []
    ahead = before - theirs - 1 if before > theirs + 1 else min(0.0, after - theirs)
    if abs(ahead) <= SKEW:
        return []
    how = f"{abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'}"
    remedy = "Set it by NTP (timedatectl set-ntp true): signed deliveries and an App's sign-in are refused when the clocks differ."
    return [Finding("warning", f"{name}: this machine's clock is {how} the host's.", remedy)]


async def _date(url: str, ca_bundle: Path | None) -> tuple[str, float, float]:
    parts = urlsplit(url)
    trusted = ssl.create_default_context(cafile=str(ca_bundle) if ca_bundle else None)
    proxy = None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme)
    before = time.time()
    async with (
        aiohttp.ClientSession(timeout=PATIENCE, cookie_jar=aiohttp.DummyCookieJar()) as session,
        session.get(url, ssl=trusted, proxy=proxy, allow_redirects=False, headers={"User-Agent": "penstock"}) as answer,
    ):
        return answer.headers.get("Date", ""), before, time.time()


def _why(error: aiohttp.ClientConnectorCertificateError) -> str:
    return str(getattr(error.certificate_error, "verify_message", "") or "it does not fit")
