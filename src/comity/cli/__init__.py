"""The command line: stdout is data, stderr is talk, one file a noun (DESIGN.md, Faces)."""
