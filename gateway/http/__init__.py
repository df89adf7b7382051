"""What both ports that speak HTTP do alike: that of `serve` and a worker's."""
