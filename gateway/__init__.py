"""Every edge of gridpatrol: cameras, viewers, storage, dispatch queue, console, command line."""
