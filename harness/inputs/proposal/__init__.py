"""``cutover init``: the files of a folder, and the cutover.toml that they lead to."""
