"""covenantd: watches the events of default of a note and says when a window opens, nears its end, ripens."""

__version__ = "0.1.0"
