<?php

/**
 * Make /vendor from Debian's PHP tree: copy it, fold its hundred class maps into one, list its function files.
 *
 * Usage: php build-vendor.php /usr/share/php /vendor /build
 *
 * The last directory has the app's composer.json, and in <name>/composer.json those of its packages/<name>.
 *
 * Debian gives each package an autoload.php: it requires those of the packages it needs, registers a function with the
 * package's own class map, and then requires the package's function files. A hundred chained functions double the time
 * of a request, and the paths in them are absolute.
 */

/** The packages the app names; the rest follows from what their autoload.php files require. */
const ENTRY_POINTS = [
    'Illuminate/autoload.php',
    'AsyncAws/Core/autoload.php',
    'League/Flysystem/autoload.php',
    'Symfony/Component/HttpClient/autoload.php',
];

final class DebianAutoloads
{
    /** @var array<string, string> lower-case class name => file, relative to the source tree */
    public array $classes = [];

    /** @var array<string, true> function files, relative, in the order in which they must be required */
    public array $files = [];

    /** @var array<string, true> */
    private array $seen = [];

    public function __construct(private readonly string $source) {}

    public function read(string $autoload): void
    {
        if (isset($this->seen[$autoload])) {
            return;
        }

        $this->seen[$autoload] = true;
        $directory = dirname($autoload);
        $code = file_get_contents("{$this->source}/{$autoload}");

        foreach ($this->required($code, $directory) as $file) {
            if (preg_match('~autoload[^/]*\.php$~i', $file)) {
                $this->read($file);
            } else {
                $this->files[$file] = true;
            }
        }

        if (preg_match('~\$classes = array\((.*?)\n\s*\);~s', $code, $map)) {
            preg_match_all("~'([^']+)' => '([^']+)'~", $map[1], $pairs, PREG_SET_ORDER);

            foreach ($pairs as [, $class, $file]) {
                $this->classes[str_replace('\\\\', '\\', $class)] = $directory.$file;
            }
        } elseif (str_contains($code, 'spl_autoload_register')) {
            throw new RuntimeException("{$autoload} has a class map in a form that this script does not know.");
        }
    }

    /**
     * @return list<string> relative to the source tree; files that are not installed are left out
     */
    private function required(string $code, string $directory): array
    {
        preg_match_all("~(?:require|include)_once\s*\(?\s*(__DIR__\s*\.\s*)?'([^']+)'~", $code, $matches, PREG_SET_ORDER);
        $files = [];

        foreach ($matches as [, $isRelative, $file]) {
            $path = realpath($isRelative === '' ? $file : "{$this->source}/{$directory}{$file}");

            if ($path !== false && str_starts_with($path, $this->source.'/')) {
                $files[] = substr($path, strlen($this->source) + 1);
            }
        }

        return $files;
    }

    /** @return list<string> */
    public function autoloads(): array
    {
        return array_keys($this->seen);
    }
}

/** The app's code and its own packages, by their composer.json. */
final class OwnCode
{
    /** @var list<array{string, string}> prefix of a namespace, and its directory in the app */
    public array $prefixes = [];

    /** @var list<string> files that are loaded with every request */
    public array $files = [];

    /** @var list<array<string, mixed>> what Composer records of a package, as far as Laravel's package discovery reads it */
    public array $discovered = [];

    public function __construct(private readonly string $build)
    {
        $app = $this->composer('composer.json');

        foreach (glob("{$build}/*/composer.json") as $file) {
            $name = basename(dirname($file));
            $package = $this->composer("{$name}/composer.json");

            if (isset($app['require'][$package['name'] ?? ''])) {
                $this->add($package, "packages/{$name}/");
                $this->discovered[] = array_intersect_key($package, ['name' => 1, 'type' => 1, 'extra' => 1]) + ['version' => 'dev-main'];
            }
        }

        $this->add($app, '');
    }

    /** @return array<string, mixed> */
    private function composer(string $file): array
    {
        $read = is_file("{$this->build}/{$file}") ? json_decode(file_get_contents("{$this->build}/{$file}"), true) : [];

        return is_array($read) ? $read : [];
    }

    /** @param array<string, mixed> $composer */
    private function add(array $composer, string $directory): void
    {
        foreach ($composer['autoload']['psr-4'] ?? [] as $prefix => $places) {
            foreach ((array) $places as $place) {
                $this->prefixes[] = [(string) $prefix, rtrim($directory.$place, '/').'/'];
            }
        }

        foreach ($composer['autoload']['files'] ?? [] as $file) {
            $this->files[] = $directory.$file;
        }
    }
}

/**
 * @return array<string, string> lower-case class name => file, relative to $vendor/debian
 */
function ownClasses(string $vendor): array
{
    $classes = [];

    foreach (['Aws' => 'Aws', 'Flysystem' => 'League\\Flysystem\\AwsS3V3'] as $directory => $namespace) {
        $root = "{$vendor}/debian/src/{$directory}";

        foreach (new RecursiveIteratorIterator(new RecursiveDirectoryIterator($root, FilesystemIterator::SKIP_DOTS)) as $file) {
            $relative = substr($file->getPathname(), strlen($root) + 1);
            $class = $namespace.'\\'.strtr(substr($relative, 0, -4), '/', '\\');
            $classes[strtolower($class)] = "src/{$directory}/{$relative}";
        }
    }

    return $classes;
}

function writePhp(string $file, array $value): void
{
    file_put_contents($file, '<?php return '.var_export($value, true).";\n");
}

function run(string $command): void
{
    passthru($command, $status);

    if ($status !== 0) {
        throw new RuntimeException("{$command}: exit code {$status}");
    }
}

[, $source, $vendor, $build] = $argv;

$autoloads = new DebianAutoloads($source);
array_map($autoloads->read(...), ENTRY_POINTS);

$inDebian = static fn (string $file): string => "php/{$file}";
$classes = array_map($inDebian, $autoloads->classes) + ownClasses($vendor);
$files = array_map($inDebian, array_keys($autoloads->files));

run(sprintf('cp -a %s %s', escapeshellarg($source), escapeshellarg("{$vendor}/debian/php")));
// They name /usr/share/php, and nothing reads them here.
array_map(static fn (string $file) => unlink("{$vendor}/debian/php/{$file}"), $autoloads->autoloads());
// Laravel looks for its default configuration four folders above Illuminate/Foundation/Bootstrap.
symlink('php/Illuminate/config', "{$vendor}/debian/config");

foreach ([...$classes, ...$files] as $file) {
    if (! is_file("{$vendor}/debian/{$file}")) {
        throw new RuntimeException("{$file} is in a class map, but not in the tree.");
    }
}

writePhp("{$vendor}/debian/classmap.php", $classes);
writePhp("{$vendor}/debian/files.php", $files);
$own = new OwnCode($build);
writePhp("{$vendor}/debian/own.php", ['prefixes' => $own->prefixes, 'files' => $own->files]);
mkdir("{$vendor}/composer");
file_put_contents("{$vendor}/composer/installed.json", json_encode(
    ['packages' => $own->discovered, 'dev' => false, 'dev-package-names' => []],
    JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES,
));

printf("%d autoload files, %d classes, %d function files\n", count($autoloads->autoloads()), count($classes), count($files));
