"""The agent's program as one word on a command line: it reads its files from its input, and begins.

Nothing is left on the target but its group's own folder. The target needs Python 3.8 or newer.
"""

import json
from functools import cache
from importlib.resources import files

from bot.targets.agent import MODULES

_PACKAGE = "bot.targets.agent"

LOADER = f"""
import sys
if sys.version_info < (3, 8):
    sys.exit("this target has Python %d.%d, and needs 3.8 or newer" % sys.version_info[:2])
import json, os, types
data = b""
while not data.endswith(b"\\n"):
    part = os.read(0, 1)
    if not part:
        sys.exit(1)
    data += part
size, data = int(data), b""
while len(data) < size:
    part = os.read(0, size - len(data))
    if not part:
        sys.exit(1)
    data += part
for name in ("bot", "bot.targets", "{_PACKAGE}"):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = []
for name, text in json.loads(data):
    module = types.ModuleType("{_PACKAGE}." + name)
    sys.modules[module.__name__] = module
    setattr(sys.modules["{_PACKAGE}"], name, module)
    exec(compile(text, name + ".py", "exec"), module.__dict__)
sys.modules["{_PACKAGE}.main"].main()
"""


@cache
def program() -> bytes:
    """What the loader reads: the length of the rest in a line, and the modules in their order."""
    folder = files(_PACKAGE)
    body = json.dumps([[name, folder.joinpath(f"{name}.py").read_text()] for name in MODULES]).encode()
    return b"%d\n%b" % (len(body), body)
