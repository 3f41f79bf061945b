"""FreeScout: the help desk, through its "API & Webhooks" module.

`client.py` is the front door (the port `HelpDesk`), `webhook.py` the back door (a `WebEndpoint`). Below the front one:
`endpoint.py` sends one request and judges its answer, `entries.py` writes, `lookup.py` finds what an unanswered request
may have made, `views.py` reads conversations as they are now, `download.py` gets files, `labels.py` writes the triage
and `clocks.py` how the clocks stand, by way of `custom_fields.py` where they stand in such, `webhook_setup.py` and
`inspection.py` look at an installation. `wire`, `viewing.py`, `markup.py` and `reading.py` do no I/O.
"""
