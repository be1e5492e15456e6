<?php

declare(strict_types=1);

namespace CutoverProbe\Tests;

use CutoverProbe\Code\AppCode;
use CutoverProbe\Code\BackoffReader;
use CutoverProbe\Code\ClockReader;
use CutoverProbe\Code\DelayReader;
use CutoverProbe\Code\FileReader;
use CutoverProbe\Code\GroupReader;
use CutoverProbe\Code\HostReader;
use CutoverProbe\Code\JobReader;
use CutoverProbe\Code\LinkReader;
use CutoverProbe\Code\LockReader;
use CutoverProbe\Code\NativeSessionReader;
use CutoverProbe\Code\PeerReader;
use CutoverProbe\Code\SourceFile;
use CutoverProbe\Code\UploadReader;
use Illuminate\Cache\RateLimiting\Limit;
use Illuminate\Console\Scheduling\Schedule;
use Illuminate\Http\Request;
use Illuminate\Support\Facades\RateLimiter;
use Illuminate\Support\Facades\Route;
use PHPUnit\Framework\Attributes\DataProvider;

final class CodeReadersTest extends TestCase
{
    /** @return array<string, array{string, list<array{file: string, line: int}>}> */
    public static function messageGroups(): array
    {
        return [
            'a job' => ['class A implements ShouldQueue { use Queueable; }', [['file' => 'app/A.php', 'line' => 2]]],
            'a queued mail' => ['class A extends Mailable implements ShouldQueue {}', [['file' => 'app/A.php', 'line' => 2]]],
            'a job with a group' => ['class A implements ShouldQueue { public function messageGroup() { return "a"; } }', []],
            'a job with the same group for all' => ['class A implements ShouldQueue { public $messageGroup = "a"; }', []],
            'a job that is put in a group' => ['class A implements ShouldQueue { function __construct() { $this->onGroup("a"); } }', []],
            'a job for a FIFO queue of its own' => ['class A implements ShouldQueue { function __construct() { $this->onQueue("mails.fifo"); } }', [['file' => 'app/A.php', 'line' => 2, 'queue' => 'mails.fifo']]],
            'a job with the name of a FIFO queue' => ['class A implements ShouldQueue { public $queue = "mails.fifo"; }', [['file' => 'app/A.php', 'line' => 2, 'queue' => 'mails.fifo']]],
            'a job for a FIFO queue of its own with a group' => ['class A implements ShouldQueue { public $queue = "mails.fifo"; public $messageGroup = "a"; }', []],
            'a job for another queue' => ['class A implements ShouldQueue { public $queue = "mails"; }', []],
            'a job with a parent of the app' => ['class A extends Job implements ShouldQueue {}', []],
            'no job' => ['class A { public function handle() {} }', []],
        ];
    }

    /** @param  list<array{file: string, line: int}>  $wanted */
    #[DataProvider('messageGroups')]
    public function test_jobs_without_a_message_group_are_read(string $code, array $wanted): void
    {
        $this->assertSame($wanted, (new GroupReader($this->codeOf($code)))->ungrouped());
    }

    public function test_jobs_have_their_group_from_where_they_are_dispatched(): void
    {
        $code = 'class A implements ShouldQueue { public static function send() {} } function f() {}';
        $caller = 'A::dispatch()->onGroup("a");';

        $this->assertSame([], (new GroupReader($this->codeOf($code, $caller)))->ungrouped());
    }

    /** @return array<string, array{string, list<array{string, string}>}> */
    public static function locks(): array
    {
        return [
            'the default store' => ['Cache::lock("a", 5)->get(); cache()->increment("b"); Cache::get("c");', [['lock() in app/A.php line 2', 'database'], ['increment() in app/A.php line 2', 'database']]],
            'a named store' => ['Cache::store("file")->lock("a"); Cache::store("file")->get("b"); Cache::store($name)->lock("c");', [['lock() in app/A.php line 2', 'file']]],
            'a unique job' => ['class A implements ShouldQueue, ShouldBeUnique {}', [['the unique job in app/A.php', 'database']]],
            'a unique job with a store' => ['class A implements ShouldBeUnique { function uniqueVia(): Repository { return Cache::driver("array"); } }', [['the unique job in app/A.php line 2', 'array']]],
            'a job that does not overlap' => ['class A { function middleware() { return [new WithoutOverlapping($this->id)]; } }', [['WithoutOverlapping in app/A.php line 2', 'database']]],
            'for development' => ['function f() { if (app()->environment("local")) { Cache::store("file")->lock("a"); } }', []],
        ];
    }

    /** @param  list<array{string, string}>  $wanted */
    #[DataProvider('locks')]
    public function test_locks_are_read_with_their_store(string $code, array $wanted): void
    {
        $this->app['config']->set('cache.default', 'database');
        $this->app->instance(AppCode::class, $this->codeOf($code));
        $this->app->instance(Schedule::class, new Schedule);

        $locks = array_map(array_values(...), $this->app->make(LockReader::class)->locks());

        $this->assertSame([...$wanted, ['the rate limits', 'database']], $locks);
    }

    public function test_locks_of_the_schedule_and_of_routes_have_their_own_stores(): void
    {
        $this->app['config']->set(['cache.limiter' => 'file', 'session.block_store' => 'array']);
        $this->app->instance(AppCode::class, $this->codeOf(''));
        $schedule = new Schedule;
        $schedule->useCache('file');
        $schedule->call(fn () => null)->name('report')->onOneServer()->withoutOverlapping();
        $this->app->instance(Schedule::class, $schedule);
        Route::get('seats', fn () => null)->block();

        $this->assertSame([
            ['use' => 'onOneServer() of the scheduled report', 'store' => 'file'],
            ['use' => 'withoutOverlapping() of the scheduled report', 'store' => 'file'],
            ['use' => 'block() of the route seats', 'store' => 'array'],
            ['use' => 'the rate limits', 'store' => 'file'],
        ], $this->app->make(LockReader::class)->locks());
    }

    /** @return array<string, array{string, list<string>}> */
    public static function files(): array
    {
        return [
            'written' => ['file_put_contents(storage_path("app/counter"), $n); File::append(base_path("notes.txt"), "x");', ["storage_path('app/counter')", "base_path('notes.txt')"]],
            'by a variable' => ['function f() { $path = public_path("uploads/".$name); $image->save($path); }', ["public_path('uploads/')"]],
            'an upload' => ['$request->file("a")->move(public_path("uploads"), "b");', ["public_path('uploads')"]],
            'opened' => ['fopen(storage_path("a"), "ab"); fopen(storage_path("b"), "rb");', ["storage_path('a')"]],
            'removed again' => ['function f() { file_put_contents(storage_path("a"), "b"); unlink(storage_path("a")); }', []],
            'stored elsewhere' => ['function f() { file_put_contents(storage_path("a"), "b"); Storage::disk("s3")->putFileAs("a", storage_path("a"), "a"); }', []],
            'one of a task' => ['file_put_contents(storage_path("framework/a"), ""); file_put_contents(storage_path("app/tmp/a"), ""); file_put_contents(sys_get_temp_dir(), "");', []],
            'read' => ['file_get_contents(storage_path("a")); $a->put(storage_path("a"));', []],
        ];
    }

    /** @param  list<string>  $wanted */
    #[DataProvider('files')]
    public function test_files_that_stay_in_the_task_are_read(string $code, array $wanted): void
    {
        $this->assertSame($wanted, array_column((new FileReader($this->codeOf($code)))->files(), 'path'));
    }

    /** @return array<string, array{string, list<string>}> */
    public static function clocks(): array
    {
        return [
            'in a condition' => ['$query->whereRaw("expires_at > NOW()"); Event::query()->orWhereRaw("a = \'b\' and day = curdate ()");', ['NOW', 'CURDATE']],
            'in a statement' => ["DB::update('update holds set ended_at = CURRENT_TIMESTAMP where id = ?', [\$id]); \$form->update('NOW()');", ['CURRENT_TIMESTAMP']],
            'of the app' => ['$query->whereRaw("expires_at > ?", [now()]); $query->where("expires_at", ">", now()); DB::raw($now);', []],
            'without a time zone' => ['DB::select("select utc_timestamp(), unknow(1), current_dates from a");', []],
        ];
    }

    /** @param  list<string>  $wanted */
    #[DataProvider('clocks')]
    public function test_sql_that_asks_for_the_time_is_read(string $code, array $wanted): void
    {
        $this->assertSame($wanted, array_column((new ClockReader($this->codeOf($code)))->clocks(), 'function'));
    }

    public function test_reads_of_the_connections_address_are_found(): void
    {
        $code = "abort_unless(\$_SERVER['REMOTE_ADDR'] === '203.0.113.7', 403);\n\$request->server('REMOTE_ADDR');";
        $both = "function ip() { return \$_SERVER['HTTP_X_FORWARDED_FOR'] ?? \$_SERVER['REMOTE_ADDR']; }";
        $other = "\$middleware->trustProxies(at: 'REMOTE_ADDR'); \$request->ip();";

        $this->assertSame([2, 3], array_column((new PeerReader($this->codeOf($code)))->peers(), 'line'));
        $this->assertSame([], (new PeerReader($this->codeOf($both)))->peers());
        $this->assertSame([], (new PeerReader($this->codeOf($other)))->peers());
    }

    public function test_sessions_of_php_itself_are_found(): void
    {
        $code = "if (session_status() !== PHP_SESSION_ACTIVE) {\n    session_start();\n}\n\$a->session_start();";
        $handled = 'session_set_save_handler(new A, true); session_start();';
        $local = 'function a() { if (app()->isLocal()) { session_start(); } }';

        $this->assertSame([3], array_column((new NativeSessionReader($this->codeOf($code)))->sessions(), 'line'));
        $this->assertSame([], (new NativeSessionReader($this->codeOf($handled)))->sessions());
        $this->assertSame([], (new NativeSessionReader($this->codeOf($local)))->sessions());
    }

    /** @return array<string, array{string, list<string>}> */
    public static function hosts(): array
    {
        return [
            'a condition of an entry' => ["Schedule::command('a')->when(fn (): bool => gethostname() === 'srv17')->daily();", ['srv17']],
            'the other way round' => ['function schedule(Schedule $schedule) { if ("srv17" != php_uname("n")) { return; } $schedule->command("a"); }', ['srv17']],
            'one of several' => ["Schedule::job(new A)->skip(! in_array(gethostname(), ['srv17', 'srv18'], true));", ['srv17']],
            'in the log' => ["Schedule::call(fn () => Log::info('by '.gethostname()));", []],
            'elsewhere' => ["if (gethostname() === 'laptop') { \$this->call('b'); }", []],
        ];
    }

    /** @param  list<string>  $wanted */
    #[DataProvider('hosts')]
    public function test_hosts_that_the_schedule_names_are_read(string $code, array $wanted): void
    {
        $this->assertSame($wanted, array_column((new HostReader($this->codeOf($code)))->hosts(), 'host'));
    }

    public function test_time_outs_of_jobs_are_read(): void
    {
        $code = 'class A implements ShouldQueue { public int $timeout = 1_200; public $tries = 3; }';
        $attribute = '#[Timeout(600)] class A implements ShouldQueue {}';
        $other = 'class A { public $timeout = 5; }';

        $this->assertSame([1200], array_column((new JobReader($this->codeOf($code)))->jobs(), 'timeout'));
        $this->assertSame([600], array_column((new JobReader($this->codeOf($attribute)))->jobs(), 'timeout'));
        $this->assertSame([], (new JobReader($this->codeOf($other)))->jobs());
    }

    public function test_tries_of_jobs_are_read(): void
    {
        $code = 'class A implements ShouldQueue { public int $timeout = 90; public $tries = 3; }';
        $attribute = '#[Tries(8)] class A implements ShouldQueue {}';
        $elsewhere = 'class A implements ShouldQueue { public $connection = "database"; public $tries = 25; }';

        $this->assertSame([3], array_column((new JobReader($this->codeOf($code)))->tries(), 'tries'));
        $this->assertSame([8], array_column((new JobReader($this->codeOf($attribute)))->tries(), 'tries'));
        $this->assertSame([], (new JobReader($this->codeOf($elsewhere)))->tries());
    }

    public function test_waits_of_jobs_are_read(): void
    {
        $list = 'class A implements ShouldQueue { public array $backoff = [5, 60 * 60 * 24]; public $tries = 99; }';
        $number = 'class A implements ShouldQueue { public $backoff = 1_200; }';
        $attribute = '#[Backoff([10, 90000])] class A implements ShouldQueue {}';

        $this->assertSame([86400], array_column((new BackoffReader($this->codeOf($list)))->waits(), 'seconds'));
        $this->assertSame([1200], array_column((new BackoffReader($this->codeOf($number)))->waits(), 'seconds'));
        $this->assertSame([90000], array_column((new BackoffReader($this->codeOf($attribute)))->waits(), 'seconds'));
        $this->assertSame([86400], array_column((new BackoffReader($this->codeOf('class A implements ShouldQueue { function handle() { $this->release(60 * 60 * 24); } }')))->waits(), 'seconds'));
        $this->assertSame([], (new BackoffReader($this->codeOf('class A { public $backoff = 90000; }')))->waits());
        $this->assertSame([], (new BackoffReader($this->codeOf('class B implements ShouldQueue { public $backoff = self::WAITS; }')))->waits());
    }

    public function test_delays_of_what_goes_into_the_default_connection_are_read(): void
    {
        $code = 'A::dispatch()->delay(now()->addHours(2)); Mail::to($a)->later(60 * 15, new B); $a->delay($until); delay(5000); Queue::later(now()->addSeconds(30), new C);';
        $elsewhere = 'function a() { A::dispatch()->onConnection("database")->delay(now()->addHours(2)); }';
        $page = 'function a() { return Tooltip::make()->delay(1000); }';
        $local = 'function a() { if (app()->isLocal()) { A::dispatch()->delay(7200); } }';

        $this->assertSame([7200, 900, 30], array_column((new DelayReader($this->codeOf($code)))->delays(), 'seconds'));
        $this->assertSame([], (new DelayReader($this->codeOf($elsewhere)))->delays());
        $this->assertSame([], (new DelayReader($this->codeOf($local)))->delays());
        $this->assertSame([], (new DelayReader($this->codeOf($page)))->delays());
        $this->assertSame([3600], array_column((new DelayReader($this->codeOf('class A implements ShouldQueue { public $delay = 3600; }')))->delays(), 'seconds'));
        $this->assertSame([], (new DelayReader($this->codeOf('class A implements ShouldQueue { public $delay = 3600; public $connection = "database"; }')))->delays());
    }

    public function test_lifetimes_of_signed_links_are_read(): void
    {
        $code = '$disk->temporaryUrl($path, now()->addDays(3), []); Storage::disk("s3")->temporaryUrl($path, now()->addMinutes(5));'
            .' Storage::temporaryUploadUrl($path, expiration: Date::now()->addWeek()); URL::temporarySignedRoute("a", now()->addDays(3)); $disk->temporaryUrl($path, $end);';

        $this->assertSame([259200, 300, 604800], array_column((new LinkReader($this->codeOf($code)))->links(), 'seconds'));
    }

    public function test_uploads_that_go_from_the_browser_to_the_store_are_read(): void
    {
        $code = '$disk->temporaryUploadUrl($path, $end); temporaryUploadUrl($path); $disk->temporaryUrl($path, $end);';
        $livewire = "\nclass Poster extends Component { use WithFileUploads; }";
        config(['filesystems.default' => 's3', 'filesystems.disks.s3.driver' => 's3', 'filesystems.disks.local.driver' => 'local']);

        $uploads = fn (string $code): array => array_column(app(UploadReader::class, ['code' => $this->codeOf($code)])->uploads(), 'line');

        $this->assertSame([2], $uploads($code));
        $this->assertSame([3], $uploads($livewire));
        config(['livewire.temporary_file_upload.disk' => 'local']);
        $this->assertSame([], $uploads($livewire));
    }

    public function test_a_limiter_that_counts_the_load_balancer_is_told_from_others(): void
    {
        Request::setTrustedProxies(['10.0.0.0/8'], Request::HEADER_X_FORWARDED_FOR);
        $this->app['config']->set('trustedproxy.proxies', '10.0.0.0/8');
        RateLimiter::for('visitors', fn (Request $request): Limit => Limit::perMinute(5)->by($request->ip()));
        RateLimiter::for('peers', fn (Request $request): Limit => Limit::perMinute(5)->by(md5($request->server('REMOTE_ADDR'))));
        RateLimiter::for('all', fn (): Limit => Limit::perMinute(5));
        RateLimiter::for('broken', fn (): Limit => throw new \RuntimeException('no'));
        $this->withServerVariables(['REMOTE_ADDR' => '10.0.0.20']);

        $limiters = $this->signed('GET', '/_probe/v1/limiters')->assertOk()->json('limiters');

        $this->assertEquals(['visitors' => false, 'peers' => true, 'all' => false, 'broken' => null], array_intersect_key(
            array_column($limiters, 'counts_the_peer', 'name'),
            ['visitors' => 0, 'peers' => 0, 'all' => 0, 'broken' => 0],
        ));
    }

    public function test_a_limiter_that_counts_what_clients_write_is_told_from_others(): void
    {
        Request::setTrustedProxies(['10.0.0.0/8'], Request::HEADER_X_FORWARDED_FOR);
        $this->app['config']->set('trustedproxy.proxies', '10.0.0.0/8');
        RateLimiter::for('visitors', fn (Request $request): Limit => Limit::perMinute(5)->by($request->ip()));
        RateLimiter::for('headers', fn (Request $request): Limit => Limit::perMinute(5)->by((string) $request->header('X-Forwarded-For')));
        RateLimiter::for('firsts', fn (Request $request): Limit => Limit::perMinute(5)->by(explode(',', $request->server('HTTP_X_FORWARDED_FOR'))[0]));
        RateLimiter::for('chance', fn (): Limit => Limit::perMinute(5)->by((string) random_int(0, PHP_INT_MAX)));
        $this->withServerVariables(['REMOTE_ADDR' => '10.0.0.20']);

        $limiters = array_column($this->signed('GET', '/_probe/v1/limiters')->assertOk()->json('limiters'), 'counts_the_header', 'name');

        $this->assertEquals(['visitors' => false, 'headers' => true, 'firsts' => true, 'chance' => false], array_intersect_key($limiters, ['visitors' => 0, 'headers' => 0, 'firsts' => 0, 'chance' => 0]));
    }

    public function test_a_rate_limit_may_count_the_peer_where_nginx_has_put_the_visitor_there(): void
    {
        RateLimiter::for('peers', fn (Request $request): Limit => Limit::perMinute(5)->by($request->server('REMOTE_ADDR')));
        $this->withServerVariables(['REMOTE_ADDR' => '198.51.100.9', 'HTTP_X_FORWARDED_FOR' => '203.0.113.7, 198.51.100.9']);

        $limiters = $this->signed('GET', '/_probe/v1/limiters')->assertOk()->json('limiters');

        $this->assertFalse(array_column($limiters, 'counts_the_peer', 'name')['peers']);
    }

    private function codeOf(string ...$codes): AppCode
    {
        $files = array_map(fn (int $n, string $code): SourceFile => new SourceFile('app/'.chr(65 + $n).'.php', "<?php\n".$code), array_keys($codes), $codes);

        return new class($files) extends AppCode
        {
            /** @param  list<SourceFile>  $files */
            public function __construct(private readonly array $files) {}

            public function files(): array
            {
                return $this->files;
            }
        };
    }
}
