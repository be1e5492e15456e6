"""Patterns for files that the app opens, and its task does not have or does not let it write."""

from __future__ import annotations

from harness.diagnosis.patterns.pattern import Pattern, Source

FILES = (
    Pattern(
        Source.APP,
        match=r"\b(?!require|include)\w+\((?P<path>(?:\.{1,2}|storage|public|resources|database|config|app)"
        r"/[^)\n]+)\): Failed to open stream: No such file",
        cause="the app opens {path} as seen from the directory in which PHP runs: a page's is"
        " public/, that of a worker or a command is its task's workingDirectory: write base_path(),"
        " storage_path() or resource_path()",
        example="file_get_contents(../resources/terms.txt): Failed to open stream: No such file or"
        " directory",
    ),
    Pattern(
        Source.APP,
        match=r"(?:\b(?:file_put_contents|copy|rename|touch|move_uploaded_file)\("
        r"|Unable to (?:create|write in) the \")"
        r"(?P<path>/(?![^)\"\n]*(?:storage|bootstrap/cache)/)[^)\"\n]+)"
        r"(?:\): Failed to open stream: Permission denied|\" directory)",
        cause="the app may not write to {path}: its user has no right there, and what it wrote"
        " would be in one task, and end with it: store it on a disk on S3",
        example=(
            "file_put_contents(/srv/app/public/posters/7.jpg): Failed to open stream: Permission"
            " denied",
            'Unable to create the "/srv/app/public/posters" directory.',
        ),
    ),
    Pattern(
        Source.APP,
        match=r"\b(?P<function>hash_file|md5_file|sha1_file|getimagesize|exif_read_data|simplexml_load_file"
        r"|imagecreatefrom\w+|file_get_contents|fopen|readfile|copy|filesize)\((?P<path>(?![/.]|\w+:)"
        r"[^)\n]*/[^)\n]+)\): Failed to open stream: No such file",
        cause="the app opens {path} with {function}() as a file of the task, and it is the key of a"
        " file on a disk: path() of a disk on S3 is no path; use readStream(), or the uploaded"
        " file's own path",
        example="hash_file(events/1/poster/a.jpg): Failed to open stream: No such file or"
        " directory",
    ),
    Pattern(
        Source.APP,
        match=r"(?<!put_contents)\((?=/(?:var/)?tmp/|/[^)\n]*/storage/app/)"
        r"(?P<path>/[^)\n]+)\): Failed to open stream: No such file",
        cause="the app reads {path}, which is not on its task's disk: another task wrote it, or one"
        " that is gone; each task has a disk of its own, so keep such files in the bucket",
        example=(
            "file_get_contents(/srv/app/storage/app/private/calendars/7.ics): Failed to open"
            " stream: No such file or directory",
            "fopen(/tmp/import.csv): Failed to open stream: No such file or directory",
        ),
    ),
    Pattern(
        Source.APP,
        match=r"(?:Unable to open path|Path) \\*\"(?P<path>/[^\"\\\n]+)\\*\"(?: is not readable)?",
        cause="a mail takes {path} with it, which its task does not have: a file of the old host,"
        " of another task, or one that the image lacks; keep such files in the bucket or the image",
        example='Unable to open path "/srv/app/storage/app/public/logo.png".',
    ),
    Pattern(
        Source.APP,
        match=r"Unable to (?:read file from|retrieve the \w+ for file at) location:"
        r" (?P<path>\S+?)\.(?=\W|$)(?![^\n]*Error executing)",
        cause="the app reads {path} from a disk of its own task, which has no such file: another"
        " task wrote it, or one that is gone; keep such files in the bucket",
        example="Unable to retrieve the mime_type for file at location: calendars/7.ics.",
    ),
    Pattern(
        Source.APP,
        match=r"\b(?!require|include)\w+\((?P<path>/[^)\n]+)\): Failed to open stream: No such"
        r" file",
        cause="the app opens {path}, which its task does not have: a path of the old host, or a"
        " directory that the image lacks",
        example=(
            "file_put_contents(/home/u876/backups/tickets.csv): Failed to open stream: No such file"
            " or directory",
            "file_put_contents(/srv/app/storage/app/exports/a.csv): Failed to open stream: No such"
            " file or directory",
        ),
    ),
)
