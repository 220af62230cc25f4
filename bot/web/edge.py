"""Around every request: who may pass, what happens to errors, and the headers that keep pages to themselves."""

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.ports import StoreUnavailable
from bot.web import errors
from bot.web.access import SignInNeeded, admit

CONTENT_POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"

HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@web.middleware
async def edge(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Deliveries go straight through: their path is the fast one, and their senders are no browsers."""
    if request.raw_path.startswith("/webhooks/"):  # raw: what is not decoded costs nothing
        try:
            return await handler(request)
        except web.HTTPException as error:
            return errors.refused(request, error)
        except Exception as error:  # noqa: BLE001  logged there, with everything
            return errors.broken(request, error)
    response = await _page(request, handler)
    if not response.prepared:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
    return response


async def _page(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        admit(request)
        return await handler(request)
    except SignInNeeded:
        return errors.sign_in_needed(request)
    except web.HTTPException as error:
        return errors.refused(request, error)
    except StoreUnavailable as error:
        return errors.unavailable(request, str(error))
    except ConnectionError:
        raise  # the visitor has gone; nobody is left to answer
    except Exception as error:  # noqa: BLE001  logged there, with everything
        return errors.broken(request, error)
