"""The demonstration: a sample web of invented bodies, served on this machine, and the whole job done on it with the ordinary commands."""
