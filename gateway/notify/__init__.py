"""People told of incidents: who hears what and when, in which words, through which service."""
