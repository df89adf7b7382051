"""Alembic's entry: runs migrations inside the transaction that `gateway.store.database` has begun.

To change the schema: change tables/, add versions/vNNNN_what.py by hand with `revision` set to
"NNNN_what" and `down_revision` to the one before, and let tests/gateway/store/test_migrations.py
tell whether all agree.
"""

from alembic import context

from gateway.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
