"""Patterns for extensions and functions that PHP lacks in the image, or its settings disable."""

from __future__ import annotations

from harness.diagnosis.patterns.pattern import Pattern, Source

_EXTENSION_CLASSES = {
    "intl": (
        "NumberFormatter|IntlDateFormatter|MessageFormatter|Collator|Normalizer|Transliterator",
        "NumberFormatter",
    ),
    "zip": ("ZipArchive", "ZipArchive"),
    "soap": (r"Soap\w+", "SoapClient"),
    "imagick": (r"Imagick\w*", "Imagick"),
    "xml": ("DOMDocument|SimpleXMLElement|XMLReader|XMLWriter", "DOMDocument"),
    "gd": ("GdImage", "GdImage"),
}
"""The classes of each extension, and one for the test."""
_GD = r"(?:image(?:create|copy|scale|crop|rotate|filter|ttf|color|fill|string|save|alpha|flip)\w*"
_GD += r"|image(?:png|jpeg|gif|webp|avif|bmp|sx|sy|destroy|line|rectangle)|getimagesizefromstring)"
_REMOVED = (
    r"money_format|each|create_function|eregi?(?:_replace)?|spliti?|mysql_\w+|mcrypt_\w+"
    r"|get_magic_quotes_\w+|is_real|restore_include_path|ldap_sort|image2wbmp"
)
"""Functions that PHP 7 and 8 no longer have."""
_DISABLED = (
    "PHP's disable_functions takes {name} away, which the app calls{at}: leave it out of the list"
)

MISSING = (
    *(
        Pattern(
            Source.APP,
            match=rf'Class "(?P<name>{names})" not found',
            cause=f"the image lacks the PHP extension {extension}, of which {{name}} is",
            example=f'Class "{example}" not found',
        )
        for extension, (names, example) in _EXTENSION_CLASSES.items()
    ),
    Pattern(
        Source.APP,
        match=r"could not find driver \(Connection: (?!mysql\b|mariadb\b)(?P<name>[\w-]+),",
        cause='the image lacks the PDO driver of the connection "{name}" (config/database.php): a'
        " database beside Aurora, which must be moved too, or its driver installed",
        example="could not find driver (Connection: pgsql, Host: x, Port: , Database: d, SQL:"
        " select 1)",
    ),
    Pattern(
        Source.APP,
        match=r"could not find driver",
        cause="the image lacks the PHP extension pdo_mysql",
        example="PDOException: could not find driver",
    ),
    Pattern(
        Source.APP,
        match=r"Call to undefined function (?:[\w\\]+\\)?(?P<name>pcntl_\w+)",
        cause="PHP has no function {name}: the image lacks the extension pcntl, or"
        " disable_functions takes it away; without it workers cannot stop gracefully",
        example="Error: Call to undefined function Illuminate\\Queue\\pcntl_async_signals()",
    ),
    Pattern(
        Source.APP,
        match=r"Call to undefined function (?:[\w\\]+\\)?(?P<name>exec|shell_exec|system|passthru"
        r"|popen|proc_open|putenv|mail|set_time_limit|symlink|chmod|ini_set)\(\)",
        cause=_DISABLED,
        example="Error: Call to undefined function App\\Support\\shell_exec()",
    ),
    Pattern(
        Source.APP,
        match=r"relies on (?P<name>proc_open), which is not available",
        cause=_DISABLED,
        example="The Process class relies on proc_open, which is not available on your PHP"
        " installation.",
    ),
    Pattern(
        Source.APP,
        match=rf"Call to undefined function (?:[\w\\]+\\)?(?P<name>{_GD})\(\)",
        cause="the image lacks the PHP extension gd, of which {name} is",
        example="Call to undefined function App\\Actions\\imagecreatefromstring()",
    ),
    Pattern(
        Source.APP,
        match=r"Call to undefined function (?:[\w\\]+\\)?fake\(\)"
        r"|Class \"Faker\\+\w+\" not found",
        cause="{task} makes up data with Faker, a development package, which a production image"
        " lacks (composer install --no-dev): a seeder for production must do without fake() and"
        " factories",
        example=(
            "Call to undefined function Database\\Seeders\\fake()",
            'Class "Faker\\Factory" not found',
        ),
    ),
    Pattern(
        Source.APP,
        match=rf"Call to undefined function (?:[\w\\]+\\)?(?P<name>{_REMOVED})\(\)",
        cause="PHP has no function {name} any more: the old host ran an older PHP, and the app's"
        " code, or a package, still calls it",
        example=(
            "Call to undefined function App\\Support\\money_format()",
            "Call to undefined function mcrypt_encrypt()",
        ),
    ),
    Pattern(
        Source.APP,
        match=r"Call to undefined function (?:[\w\\]+\\)?(?P<name>\w+)\(\)",
        cause="PHP has no function {name}: the image lacks the extension that has it,"
        " PHP_INI_SCAN_DIR leads past the file that loads it,"
        " disable_functions takes it away, or the file that defines it is not in the image",
        example="Call to undefined function bcadd()",
    ),
    Pattern(
        Source.APP,
        match=r"The \W*(?P<name>\w+)\W* PHP extension is required",
        cause="the image lacks the PHP extension {name}",
        example='RuntimeException: The \\"intl\\" PHP extension is required to use [format].',
    ),
)
