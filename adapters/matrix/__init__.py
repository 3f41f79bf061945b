"""Matrix: rooms, encrypted or not, read and written through one homeserver.

`client.py` is the front door. Below it: `api.py` speaks HTTP, `keyring.py` holds the end-to-end encryption (the Olm
machine of matrix-nio and nothing else of that library), `rooms.py` who is where, `sync_loop.py` what arrives,
`sender.py` what leaves; `translate.py`, `formatted.py`, `markup.py` and `outgoing.py` are pure.
"""
