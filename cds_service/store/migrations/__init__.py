"""How the tables came to be, step by step; run by :meth:`cds_service.store.engine.Store.bring_up_to_date`."""
