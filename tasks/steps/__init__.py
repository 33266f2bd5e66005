"""The steps of a run between two hand-overs: read rows, call the plain functions, write what came of it. No Prefect."""
