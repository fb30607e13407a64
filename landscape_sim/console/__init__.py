"""What both command lines share: documents, tables, progress, options and exit codes."""
