"""FreeScout: the help desk, through its "API & Webhooks" module.

`client.py` is the front door (the port `HelpDesk`). Below it: `endpoint.py` sends one request and judges its answer,
`lookup.py` finds what an unanswered request may have made, `labels.py` writes the triage, `inspection.py` looks at an
installation for `check --live`; `wire.py` and `markup.py` do no I/O.
"""
