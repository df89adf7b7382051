"""Pure picture analysis: frames and times in, incidents out. No network, threads, clock or storage."""
