"""The store: inbox, links, outbox and memory in one SQL database, SQLite by default.

`engine.py` is the front door (`open_store`). Below it: `writer.py` groups units of work into commits, `sqlite.py` and
`postgres.py` talk to a database, `tables.py` is the schema, one module per kind of record is its statements, and
`schema.py` brings an older database up to date. `spool.py` keeps attachment bytes beside the database, `lock.py` keeps
a second process out, `backup.py` copies everything.
"""
