"""Migrations of the ledger, run by ``Ledger.open``. A migration, once released, is never changed."""
