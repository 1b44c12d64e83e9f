"""The floor: a Channels consumer that relays raw tokens, one plain text frame for each.

Written as one would write it by hand: no Markdown, no database, no session. It has the roles and
names of a baked project's page, so that the same browser steps drive both.
"""
