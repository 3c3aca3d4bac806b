"""Names of people and bodies: their parts, which spellings are one, which may be one, and whom a credit line names. Nothing is brought together that
only a person can know to be one.
"""
