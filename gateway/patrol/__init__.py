"""Video patrol (视频巡逻): who is on duty, which rounds are due, how each of them ended. All pure.

Time and data come as arguments; `gateway.store.patrol` keeps what comes of it.
"""
