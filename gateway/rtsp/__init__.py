"""Our own RTSP client: I/O-free media and messages, and one asyncio task for each session."""
