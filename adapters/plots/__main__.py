"""One drawing: ``python -m adapters.plots`` reads a request on stdin and writes its answer to stdout."""

import os
import sys

from adapters.plots.drawing import draw_each, draw_picture
from adapters.plots.wire import build_drawings, parse_request


def main() -> None:
    """Draw, behind everything else the machine has to do."""
    os.nice(5)
    request = parse_request(sys.stdin.buffer.read())
    if request.picture_title is None:
        answer = build_drawings(draw_each(request.charts))
    else:
        answer = draw_picture(request.charts, request.picture_title)
    sys.stdout.buffer.write(answer)


if __name__ == "__main__":
    main()
