<?php

declare(strict_types=1);

namespace CutoverProbe\Tests;

use CutoverProbe\Code\AppCode;
use CutoverProbe\Code\NameReader;
use CutoverProbe\Code\SourceFile;
use PHPUnit\Framework\Attributes\DataProvider;

final class NameReaderTest extends TestCase
{
    /** @return array<string, array{string, list<string>}> */
    public static function code(): array
    {
        return [
            'facades' => [
                'DB::connection("reports::read")->select("x"); Schema::connection("old"); Mail::mailer("news"); Queue::connection("slow"); Cache::store("locks"); Log::channel("audit");',
                ['database reports', 'database old', 'mailer news', 'connection slow', 'store locks', 'channel audit'],
            ],
            'a facade in full' => ['\Illuminate\Support\Facades\Storage::disk("s3");', ['disk s3']],
            'objects' => ['Job::dispatch($this->call("a"))->onConnection("slow")->onQueue("mails"); cache()->store("locks");', ['connection slow', 'queue mails', 'store locks']],
            'queues' => ['Queue::pushOn("high", $job); Schedule::job(new Job(1, 2), "low", "slow");', ['queue high', 'queue low', 'connection slow']],
            'a file that is stored' => ['function f() { Storage::disk("public")->put("a", "b"); }', ['disk public stores']],
            'a file that is stored later' => ['function f() { $disk = Storage::disk("public"); $disk->writeStream("a", $b); }', ['disk public stores']],
            'an uploaded file' => ['function f() { Storage::delete($old); $file->store("avatars", "public"); $file->storeAs("a", "b", options: "s3"); }', ['disk public stores', 'disk s3 stores']],
            'a file that is read' => ['function f() { Storage::disk("local")->get("a"); }', ['disk local']],
            'a file that is removed again' => ['function f() { Storage::disk("local")->put("a", "b"); Storage::disk("local")->delete("a"); }', ['disk local', 'disk local']],
            'a file of another disk is removed' => ['function f() { Storage::disk("local")->put("a", "b"); Storage::disk("s3")->delete("a"); }', ['disk local stores', 'disk s3']],
            'a value that is kept' => ['function f() { Cache::store("file")->remember("a", 60, $b); }', ['store file stores']],
            'a value that is kept later' => ['function f() { $cache = cache()->store("file"); $cache->put("a", 1); }', ['store file stores']],
            'a value that is read' => ['function f() { Cache::store("file")->get("a"); }', ['store file']],
            'a job' => ['class A implements ShouldQueue { public $queue = "mails"; public ?string $connection = "slow"; }', ['queue mails', 'connection slow']],
            'a job with attributes' => ['#[Queue("mails"), Connection("slow")] class A implements ShouldQueue {}', ['queue mails', 'connection slow']],
            'a model' => ['class A extends Model { protected $connection = "old"; protected $table = "a"; }', ['database old']],
            'a class of another type' => ['class A { protected $connection = "old"; public $queue = "b"; }', []],
            'for development' => ['function f() { if (app()->isLocal()) { Mail::mailer("log"); } } function g() { Mail::mailer("ses"); }', ['mailer ses']],
            'no plain text' => ['DB::connection($name); DB::connection("a".$b); DB::connection(); Storage::disk(config("x"));', []],
            'a comment' => ['// DB::connection("old")', []],
            'a connection that the code makes' => ['config(["database.connections.tenant" => []]); DB::connection("tenant"); DB::connectUsing("one", []); DB::connection("one");', []],
            'other methods' => ['Session::store("x"); $collection->store("x"); function store(string $x) {} new Queue("x"); Http::connection("x");', []],
        ];
    }

    /** @param  list<string>  $wanted */
    #[DataProvider('code')]
    public function test_it_reads_names_that_are_written_out(string $code, array $wanted): void
    {
        $appCode = new class(new SourceFile('app/A.php', "<?php\n".$code)) extends AppCode
        {
            public function __construct(private readonly SourceFile $file) {}

            public function files(): array
            {
                return [$this->file];
            }
        };

        $names = array_map(fn (array $name): string => trim("{$name['type']} {$name['name']} ".($name['stores'] ? 'stores' : '')), (new NameReader($appCode))->names());

        $this->assertSame($wanted, $names);
    }

    public function test_the_apps_own_code_is_read_and_no_other(): void
    {
        $paths = array_map(fn (SourceFile $file): string => $file->path, $this->app->make(AppCode::class)->files());

        $this->assertContains('routes/web.php', $paths);
        $this->assertContains('bootstrap/app.php', $paths);
        $this->assertSame([], preg_grep('~^(vendor|packages|tests|database/(seeders|factories))/~', $paths));
    }
}
