"""Charts, drawn by matplotlib in a process of its own (``python -m adapters.plots``): the bot never imports it.

It would cost the bot some 50 MB for good; here it is gone once the picture is made.
"""
