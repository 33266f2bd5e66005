"""Every statement of Newstape: one function per intention, a module per noun.

Functions take a Connection and never open, commit or catch: the caller owns the transaction, one per batch.
"""
