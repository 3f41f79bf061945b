"""Where Alembic begins: on the connection, and within the transaction, that `schema.py` hands over.

A migration is written by hand as `versions/NNNN_what.py`; with it, raise `HEAD` in `schema.py`. A test compares the
tables that migrations make with `tables.py`.
"""

from alembic import context

from adapters.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
