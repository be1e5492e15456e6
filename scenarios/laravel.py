"""Scripts for the app's own Laravel, run by PHP in a task: they need no package of ours."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from harness.diagnosis.expect import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.target.resources.ecs_exec import ExecResult

_MARK = "cutover-answer:"
_NO_APP = 3
"""Exit code of a script that finds no Laravel."""
_SCRIPT = r"""
$root = null;
foreach ([getcwd(), '/var/www/html', '/var/www', '/srv/app', '/app'] as $at) {
    $root ??= is_file("$at/bootstrap/app.php") && is_file("$at/vendor/autoload.php") ? $at : null;
}
if ($root === null) { exit(3); }
chdir($root);
try {
    require "$root/vendor/autoload.php";
    $app = require "$root/bootstrap/app.php";
    $app->make(Illuminate\Contracts\Console\Kernel::class)->bootstrap();
    $run = function (array $arguments) use ($app): array { %(body)s };
    echo "\n%(mark)s", json_encode($run(json_decode($argv[1], true))), "\n";
} catch (Throwable $error) {
    for ($words = ''; $error !== null; $error = $error->getPrevious()) {
        $words .= get_class($error).': '.$error->getMessage()."\n";
    }
    @file_put_contents('/proc/1/fd/2', "cutover-harness, a script in this task: $words");
    fwrite(STDERR, $words);
    exit(1);
}
"""
"""Its error goes into the container's log, too, where those of the app are."""

_DISK = r"""
$disks = config('filesystems.disks');
$name = config('filesystems.default');
$isOurs = fn ($one) => ($disks[$one]['driver'] ?? '') === 's3'
    && ($disks[$one]['bucket'] ?? '') === $arguments['bucket'];
$code = '';
foreach (array_filter(array_map('base_path', ['app', 'routes', 'config']), 'is_dir') as $folder) {
    foreach (Illuminate\Support\Facades\File::allFiles($folder) as $file) {
        $code .= $file->getFilename() === 'filesystems.php' ? '' : $file->getContents();
    }
}
$isNamed = fn ($one) => str_contains($code, "'$one'") || str_contains($code, "\"$one\"");
$others = array_filter(array_keys($disks), fn ($one) => $isOurs($one) && $isNamed($one));
if (! $isOurs($name)) { $name = current($others) ?: $name; }
$answer = ['disk' => $name, 'in_bucket' => $isOurs($name)];
if (! $answer['in_bucket']) { return $answer; }
$disk = Illuminate\Support\Facades\Storage::build(['throw' => true] + $disks[$name]);
"""
"""The default disk, or another one in the bucket that the app's code names."""
STORE = _DISK + "$disk->put($arguments['path'], $arguments['text']); return $answer;"
READ = _DISK + "return ['text' => $disk->get($arguments['path'])] + $answer;"
REMOVE = _DISK + "$disk->delete($arguments['path']); return $answer;"
DISPATCH = r"""
$name = config('queue.default');
$connection = config("queue.connections.$name");
$key = $arguments['key'];
$store = Illuminate\Cache\CacheManager::class;
$job = new Illuminate\Events\CallQueuedListener($store, 'put', [$key, $key, 300]);
if (str_ends_with($connection['queue'] ?? '', '.fifo')) { $job->messageGroup = $key; }
Illuminate\Support\Facades\Queue::push($job);
return ['connection' => $name, 'driver' => $connection['driver'] ?? ''];
"""
"""The job is Laravel's own, which every worker knows; it leaves its key in the cache."""
QUEUES = r"""
$name = $arguments['connection'] ?: config('queue.default');
$connection = config("queue.connections.$name");
$queue = Illuminate\Support\Facades\Queue::connection($name);
$named = $arguments['queues'] ?: [$connection['queue'] ?? 'default'];
$whole = fn ($one) => method_exists($queue, 'getQueue') ? $queue->getQueue($one) : $one;
return [
    'connection' => $name,
    'driver' => $connection['driver'] ?? '',
    'queues' => array_combine($named, array_map($whole, $named)),
];
"""
"""The queues of a connection, or the one on which jobs are that name none: each with its name in
the store, such as its URL."""
CACHED = "return ['value' => Illuminate\\Support\\Facades\\Cache::get($arguments['key'])];"
SEND = r"""
Illuminate\Support\Facades\Mail::raw('A rehearsal of the cutover.', fn ($mail) => $mail
    ->to($arguments['to'])->subject($arguments['subject']));
$name = config('mail.default');
return ['mailer' => $name, 'transport' => config("mail.mailers.$name.transport")];
"""

LOG_STREAMS = r"""
$streams = function ($name) use (&$streams) {
    $channel = config("logging.channels.$name") ?? [];
    $isStack = ($channel['driver'] ?? '') === 'stack';
    $below = $isStack ? array_diff((array) $channel['channels'], [$name]) : [];
    return $below === []
        ? [(string) ($channel['handler_with']['stream'] ?? $channel['with']['stream'] ?? '')]
        : array_merge(...array_map($streams, array_values($below)));
};
return ['streams' => $streams(config('logging.default'))];
"""
"""The streams into which the default log channel writes; an empty one where it is another type."""

MISSING_TABLES = r"""
$wanted = [];
$want = function ($connection, $table, $use) use (&$wanted) {
    $connection = $connection ?: config('database.default');
    $wanted["$connection.$table"] ??= [$connection, $table, $use];
};
$count = fn () => app(CutoverProbe\SessionRoutes::class)->count();
if (config('session.driver') === 'database' && rescue($count, 0, false)) {
    $want(config('session.connection'), config('session.table'), 'the sessions (SESSION_DRIVER)');
}
$code = (string) @file_get_contents(base_path('bootstrap/app.php'));
$folders = array_map('base_path', ['app', 'routes', 'resources']);
foreach (array_filter($folders, 'is_dir') as $folder) {
    foreach (Illuminate\Support\Facades\File::allFiles($folder) as $file) {
        $code .= $file->getExtension() === 'php' ? $file->getContents() : '';
    }
}
// Beside the app's own code, a worker and schedule:run look into the cache.
$words = '/\bCache\b|\bcache\(|throttle|RateLimiter|Schedule/';
$uses = $arguments['has_worker'] || preg_match($words, $code);
$default = $uses ? ['the cache (CACHE_STORE)' => config('cache.default')] : [];
$stores = $default + $arguments['stores'];
if (config('app.maintenance.driver') === 'cache') {
    $stores['artisan down (APP_MAINTENANCE_STORE)'] = config('app.maintenance.store');
}
foreach ($stores + $arguments['locks'] as $use => $name) {
    $store = config('cache.stores.'.($name ?: config('cache.default'))) ?? [];
    if (($store['driver'] ?? '') !== 'database') { continue; }
    $connection = $store['connection'] ?? null;
    $want($connection, $store['table'] ?? 'cache', $use);
    if (isset($arguments['locks'][$use])) {
        $locks = $store['lock_table'] ?? 'cache_locks';
        $want(($store['lock_connection'] ?? null) ?: $connection, $locks, $use);
    }
}
$queue = config('queue.connections.'.config('queue.default')) ?? [];
$has_worker = $arguments['has_worker'];
if ($has_worker && ($queue['driver'] ?? '') === 'database') {
    $want($queue['connection'] ?? null, $queue['table'] ?? 'jobs', 'the jobs (QUEUE_CONNECTION)');
}
$failed = config('queue.failed') ?? [];
$keeps = in_array(($failed + ['driver' => 'database'])['driver'], ['database', 'database-uuids']);
if ($has_worker && $keeps && isset($failed['table'])) {
    $want($failed['database'] ?? null, $failed['table'], 'jobs that fail (QUEUE_FAILED_DRIVER)');
}
$missing = fn ($one) => ! Illuminate\Support\Facades\Schema::connection($one[0])->hasTable($one[1]);
$name = fn ($one) => [Illuminate\Support\Facades\DB::connection($one[0])->getDatabaseName()
    .'.'.Illuminate\Support\Facades\DB::connection($one[0])->getTablePrefix().$one[1], $one[2]];
return ['missing' => array_map($name, array_values(array_filter($wanted, $missing)))];
"""
"""Tables that Laravel uses as it is configured, and that are missing; needs the probe's classes."""


class NoLaravel(Exception):
    """The container has no Laravel where one is looked for."""


@dataclass(frozen=True)
class Laravel:
    """The app's Laravel in the tasks.

    Args:
        run_in_task: Runs a command in a task.
    """

    run_in_task: Callable[..., ExecResult]

    def ask_or_skip(self, body: str, *, task: str, **arguments: Any) -> dict[str, Any]:
        """Run a script as `ask` does; skip the scenario where the container has no Laravel."""
        try:
            return self.ask(body, task=task, **arguments)
        except NoLaravel:
            pytest.skip("not covered: no Laravel is in the container's working directory")

    def ask(self, body: str, *, task: str, **arguments: Any) -> dict[str, Any]:
        """Run a script in a task, and return its answer.

        Args:
            body: PHP that returns an array; ``$arguments`` has the arguments.
            task: The task's id.
            **arguments: The arguments.

        Raises:
            NoLaravel: The container has none.
            ExpectationError: Laravel ended the script with an error.
        """
        code = _SCRIPT % {"body": body, "mark": _MARK}
        command = ["php", "-d", "display_errors=stderr", "-r", code, "--", json.dumps(arguments)]
        result = self.run_in_task(command, task=task)
        if result.exit_code == _NO_APP:
            raise NoLaravel
        _, mark, answer = result.stdout.rpartition(_MARK)
        expect(
            result.exit_code == 0 and mark,
            f"a script in task {task} ended with {result.exit_code}:"
            f" {result.stderr.strip() or result.stdout.strip()[-500:]}",
        )
        return dict(json.loads(answer))
