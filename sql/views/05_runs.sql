CREATE VIEW news.runs AS
SELECT r.id AS run_id, r.flow, r.state, r.started_at, r.finished_at,
       extract(epoch FROM coalesce(r.finished_at, now()) - r.started_at)::numeric(12, 1) AS seconds,
       r.message, r.parameters, r.prefect_run_id, r.process, r.version
FROM ingest.runs r;

COMMENT ON VIEW news.runs IS $$One row per execution of a flow.
Key: run_id. Time: started_at. Fresh: at once.
Example: what went wrong lately? SELECT started_at, message FROM news.runs WHERE state <> 'completed' ORDER BY started_at DESC LIMIT 20;$$;
COMMENT ON COLUMN news.runs.run_id IS 'Key of the run.';
COMMENT ON COLUMN news.runs.flow IS 'Flow that ran: ingest, ...';
COMMENT ON COLUMN news.runs.state IS 'running, completed, degraded (some sources failed), failed, crashed (ended without a word, closed by a later run).';
COMMENT ON COLUMN news.runs.started_at IS 'When it began, UTC.';
COMMENT ON COLUMN news.runs.finished_at IS 'When it ended, UTC; NULL: it runs.';
COMMENT ON COLUMN news.runs.seconds IS 'Duration in seconds, so far if it runs.';
COMMENT ON COLUMN news.runs.message IS 'What happened, in a sentence; NULL: it runs.';
COMMENT ON COLUMN news.runs.parameters IS 'Parameters of the flow.';
COMMENT ON COLUMN news.runs.prefect_run_id IS 'Prefect''s id of the flow run; NULL: ran without Prefect.';
COMMENT ON COLUMN news.runs.process IS 'Machine and process id, as host:pid.';
COMMENT ON COLUMN news.runs.version IS 'Version of Newstape.';
