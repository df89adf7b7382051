"""ONVIF cameras: found on the network, asked what they are and where their streams are."""
