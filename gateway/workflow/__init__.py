"""From incident to closed case: the seven steps, who may take them, when they are late. All pure.

Time and data come as arguments; `gateway.store.cases` keeps what comes of it.
"""
