"""How much it rains, as weather services and gauges tell: asked, understood, kept, made use of."""
