"""The audit log as data: what is told of a deed, how records hang together, how a break shows."""
