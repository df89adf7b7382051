"""Recording: the seconds around an incident, and, for cameras that want it, everything.

One thread a worker (`loop`) lets each camera's recorder (`camera_recorder`) take what has come. It
keeps the latest pictures in memory (`pre_roll`), writes the clips of incidents (`clips`) and
segments of what the camera shows (`segments`), both as growing files (`growing`). `films` makes
finished files of those and `outlet` hands them on. `repair` brings disk and database together after
a crash, `retention` deletes the oldest, `disk` stops recording before the disk is full, `export`
joins segments to one film.
"""
