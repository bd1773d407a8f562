"""Runs Python as it is told, one piece after the other, so that an engine that is slow to start is started once.

Reads {"code": text} a line from standard input and executes it; what it leaves in `answer` is printed as JSON. The first
argument names the engine's own beginning, a file beside this one; the others are for it.
"""

import datetime
import decimal
import json
import pathlib
import sys
import traceback
import uuid

protocol, sys.stdout = sys.stdout, sys.stderr


def text(value):
    """A value as text on which engines agree; nested values as JSON."""
    if value is None:
        return None
    if isinstance(value, (list, tuple, dict)):
        return json.dumps(plain(value), separators=(",", ":"), ensure_ascii=False)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, datetime.datetime):
        if value.tzinfo is not None:
            value = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
        return value.isoformat(timespec="microseconds")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).hex()
    return str(value)


def plain(value):
    if hasattr(value, "asDict"):
        value = value.asDict()
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        if value and all(isinstance(each, tuple) and not hasattr(each, "_fields") and len(each) == 2 for each in value):
            return {str(key): plain(each) for key, each in value}  # How Arrow gives a map.
        return [plain(each) for each in value]
    return value if isinstance(value, (int, float, str, type(None))) else text(value)


def texts(found):
    return [[text(value) for value in row] for row in found]


scope = {"text": text, "texts": texts, "arguments": sys.argv[2:], "answer": None}
exec(compile((pathlib.Path(__file__).parent / sys.argv[1]).read_text(), sys.argv[1], "exec"), scope)
protocol.write('{"answer":"ready"}\n')
protocol.flush()
for line in sys.stdin:
    scope["answer"] = None
    try:
        exec(compile(json.loads(line)["code"], "asked", "exec"), scope)
        reply = {"answer": scope["answer"]}
    except BaseException:  # Also an engine's own exit: the asker is told, whatever it was.
        reply = {"error": traceback.format_exc()}
    protocol.write(json.dumps(reply) + "\n")
    protocol.flush()
