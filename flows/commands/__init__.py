"""The subcommands of `newstape`, a file per audience; light to import, what is heavy is imported when it runs."""
