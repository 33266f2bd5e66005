CREATE VIEW news.instruments AS
SELECT i.id AS instrument_id, i.kind, i.name, i.isin, i.ticker
FROM tape.instruments i;

COMMENT ON VIEW news.instruments IS $$One row per instrument that an article named: companies, indices, commodities, currency pairs, crypto, funds, bonds.
Key: instrument_id. Fresh: at each run.
Example: is it known? SELECT * FROM news.instruments WHERE name ILIKE 'alibaba%';$$;
COMMENT ON COLUMN news.instruments.instrument_id IS 'Key of the instrument.';
COMMENT ON COLUMN news.instruments.kind IS 'company, index, commodity, fx, crypto, fund or bond.';
COMMENT ON COLUMN news.instruments.name IS 'Usual name.';
COMMENT ON COLUMN news.instruments.isin IS 'ISIN (ISO 6166); NULL: none, or it can''t be told which line is meant.';
COMMENT ON COLUMN news.instruments.ticker IS 'Ticker at the home exchange; NULL: none is known.';
