"""Every edge of gridpatrol: cameras, viewers, storage, the dispatch queue, the console and the command line."""
