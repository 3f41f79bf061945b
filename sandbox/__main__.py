"""`python -m sandbox`: the demo. Here Ctrl-C is only kept quiet while the libraries are still loading."""

import signal
import sys
from importlib import import_module

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(import_module("sandbox.run").main())
