"""Pure picture analysis: frames and times in, incidents out; no network, clock or storage."""
