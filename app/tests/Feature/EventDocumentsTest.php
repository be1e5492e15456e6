<?php

namespace Tests\Feature;

use App\Enums\DocumentKind;
use App\Models\Event;
use App\Models\EventDocument;
use App\Models\Order;
use App\Models\OrderLine;
use App\Models\User;
use Illuminate\Foundation\Testing\RefreshDatabase;
use Illuminate\Http\UploadedFile;
use Illuminate\Support\Facades\Exceptions;
use Illuminate\Support\Facades\Storage;
use League\Flysystem\UnableToDeleteFile;
use League\Flysystem\UnableToReadFile;
use League\Flysystem\UnableToWriteFile;
use Mockery;
use PHPUnit\Framework\Attributes\DataProvider;
use Tests\TestCase;

class EventDocumentsTest extends TestCase
{
    use RefreshDatabase;

    /** The smallest PNG there is. */
    private const string PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

    private const string PDF = "%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n";

    private Event $event;

    private User $organiser;

    protected function setUp(): void
    {
        parent::setUp();

        Storage::fake('local');
        $this->event = Event::factory()->create();
        $this->organiser = User::factory()->organiser()->create();
    }

    public function test_only_an_organiser_manages_files(): void
    {
        $this->get($this->url())->assertRedirect('/login');
        $this->upload('poster', $this->png())->assertRedirect('/login');
        $this->actingAs(User::factory()->create());
        $this->get($this->url())->assertForbidden()->assertSee('Not allowed');
        $this->upload('poster', $this->png())->assertForbidden();
        $this->delete($this->url('poster'))->assertForbidden();
        $this->get("/events/{$this->event->slug}")->assertDontSee('upload or remove');

        $this->actingAs($this->organiser)->get($this->url())->assertOk()->assertSee('Seating plan');
        $this->get("/events/{$this->event->slug}")->assertSee('upload or remove');
    }

    public function test_a_file_is_stored_under_a_random_key_and_its_name_is_kept(): void
    {
        $name = 'Straßen & Pläne + 1.pdf';

        $this->actingAs($this->organiser)->upload('seating-plan', $this->pdf($name))->assertRedirect($this->url())->assertValid();

        $document = EventDocument::query()->sole();
        $this->assertSame($name, $document->original_name);
        $this->assertSame('application/pdf', $document->mime_type);
        $this->assertSame(strlen(self::PDF), $document->size_bytes);
        $this->assertSame(hash('sha256', self::PDF), $document->sha256);
        $this->assertMatchesRegularExpression("#\Aevents/{$this->event->id}/seating-plan/[A-Za-z0-9]{40}\.pdf\z#", $document->path);
        $this->assertSame(self::PDF, Storage::get($document->path));
    }

    public function test_a_file_comes_back_through_the_app_as_it_was(): void
    {
        $this->actingAs($this->organiser)->upload('poster', $this->png('Plakat für “Äther”.png'));

        $response = $this->get($this->url('poster'))->assertOk()
            ->assertHeader('Content-Type', 'image/png')
            ->assertHeader('Content-Length', (string) strlen(base64_decode(self::PNG)))
            ->assertHeader('X-Content-Type-Options', 'nosniff')
            ->assertHeader('Content-Disposition', 'inline; filename="Plakat fur \"Ather\".png"; filename*=utf-8\'\'Plakat%20f%C3%BCr%20%E2%80%9C%C3%84ther%E2%80%9D.png');
        $this->assertSame(base64_decode(self::PNG), $response->streamedContent());

        $this->get($this->url('poster').'?download=1')->assertOk()->assertHeader('Content-Disposition', 'attachment; filename="Plakat fur \"Ather\".png"; filename*=utf-8\'\'Plakat%20f%C3%BCr%20%E2%80%9C%C3%84ther%E2%80%9D.png');
    }

    public function test_a_browser_that_has_the_file_gets_304_without_a_look_at_the_store(): void
    {
        $document = EventDocument::factory()->for($this->event)->create(['kind' => DocumentKind::Poster]);

        $this->withHeader('If-None-Match', "\"{$document->sha256}\"")->get($this->url('poster'))
            ->assertStatus(304)
            ->assertHeader('ETag', "\"{$document->sha256}\"")
            ->assertContent('');
    }

    public function test_a_new_file_replaces_the_old_one(): void
    {
        $old = EventDocument::factory()->for($this->event)->stored()->create();

        $this->actingAs($this->organiser)->upload('seating-plan', $this->pdf('new.pdf'))->assertValid();

        $this->assertSame('new.pdf', EventDocument::query()->sole()->original_name);
        Storage::assertMissing($old->path);
        Storage::assertExists(EventDocument::query()->sole()->path);
    }

    public function test_removing_removes_row_and_object(): void
    {
        $document = EventDocument::factory()->for($this->event)->stored()->create();

        $this->actingAs($this->organiser)->delete($this->url('seating-plan'))->assertRedirect($this->url());

        $this->assertModelMissing($document);
        Storage::assertMissing($document->path);
        $this->delete($this->url('seating-plan'))->assertNotFound();
    }

    /** @return iterable<string, array{string, callable(): ?UploadedFile, string}> */
    public static function wrongFiles(): iterable
    {
        yield 'none' => ['poster', fn () => null, 'Choose a file first.'];
        yield 'a PDF as poster' => ['poster', fn () => UploadedFile::fake()->createWithContent('a.pdf', self::PDF), 'The file must be a JPEG, PNG or WebP image.'];
        yield 'a PDF called PNG' => ['poster', fn () => UploadedFile::fake()->createWithContent('a.png', self::PDF)->mimeType('application/pdf'), 'The file must be a JPEG, PNG or WebP image.'];
        yield 'an SVG' => ['poster', fn () => UploadedFile::fake()->createWithContent('a.svg', '<svg/>'), 'The file must be a JPEG, PNG or WebP image.'];
        yield 'an image as plan' => ['seating-plan', fn () => UploadedFile::fake()->createWithContent('a.png', base64_decode(self::PNG)), 'The file must be a PDF.'];
        yield 'a page called PDF' => ['seating-plan', fn () => UploadedFile::fake()->createWithContent('a.html', self::PDF)->mimeType('application/pdf'), 'Its name must end accordingly.'];
        yield 'too large' => ['seating-plan', fn () => UploadedFile::fake()->create('a.pdf', 20 * 1024 + 1, 'application/pdf'), 'The file is too large: it may have at most 20 MB.'];
    }

    /** @param  callable(): ?UploadedFile  $file */
    #[DataProvider('wrongFiles')]
    public function test_the_file_is_checked(string $kind, callable $file, string $message): void
    {
        $this->actingAs($this->organiser)->from($this->url())->upload($kind, $file())
            ->assertRedirect($this->url())
            ->assertInvalid(['document' => $message], $kind);
        $this->get($this->url())->assertSee($message);
        $this->actingAs($this->organiser)->postJson($this->url($kind), ['document' => $file()])->assertUnprocessable();

        $this->assertDatabaseEmpty('event_documents');
        $this->assertSame([], Storage::allFiles());
    }

    public function test_twenty_megabytes_are_not_too_large(): void
    {
        $this->actingAs($this->organiser)->upload('seating-plan', UploadedFile::fake()->create('a.pdf', 20 * 1024, 'application/pdf'))->assertValid();
    }

    public function test_an_unknown_kind_is_not_found(): void
    {
        $this->actingAs($this->organiser)->get($this->url('menu'))->assertNotFound();
    }

    public function test_a_store_that_fails_leaves_no_record_and_tells_the_user(): void
    {
        Exceptions::fake();
        $this->failingStore('putFileAs', UnableToWriteFile::atLocation('x', 'no answer'));

        $this->actingAs($this->organiser)->upload('poster', $this->png())
            ->assertRedirect($this->url())
            ->assertInvalid(['document' => 'Nothing was changed. Try again'], 'poster');

        $this->assertDatabaseEmpty('event_documents');
        Exceptions::assertReported(UnableToWriteFile::class);
    }

    public function test_a_store_that_fails_to_remove_keeps_the_record(): void
    {
        Exceptions::fake();
        $document = EventDocument::factory()->for($this->event)->create();
        $this->failingStore('delete', UnableToDeleteFile::atLocation('x', 'no answer'));

        $this->actingAs($this->organiser)->delete($this->url('seating-plan'))->assertInvalid(['document' => 'Removing the file failed'], 'seating-plan');

        $this->assertModelExists($document);
    }

    public function test_a_store_that_fails_to_read_is_an_error_and_not_an_empty_file(): void
    {
        EventDocument::factory()->for($this->event)->create(['kind' => DocumentKind::Poster]);
        $this->failingStore('readStream', UnableToReadFile::fromLocation('x', 'no answer'));

        $this->get($this->url('poster'))->assertStatus(502)->assertSee('Something went wrong here');
    }

    public function test_who_may_see_what(): void
    {
        EventDocument::factory()->for($this->event)->stored()->create(['kind' => DocumentKind::Poster]);
        EventDocument::factory()->for($this->event)->stored()->create();
        $buyer = User::factory()->create();
        OrderLine::factory()->for($this->event)->for(Order::factory()->for($buyer))->create();

        $this->get($this->url('poster'))->assertOk();
        $this->get($this->url('seating-plan'))->assertForbidden();
        $this->get($this->url('seating-plan/link'))->assertForbidden();
        $this->actingAs(User::factory()->create())->get($this->url('seating-plan'))->assertForbidden();
        $this->get("/events/{$this->event->slug}")->assertDontSee('Seating plan (PDF)');
        $this->actingAs($buyer)->get($this->url('seating-plan'))->assertOk();
        $this->get("/events/{$this->event->slug}")->assertSee('Seating plan (PDF)');
        $this->actingAs($this->organiser)->get($this->url('seating-plan'))->assertOk();
    }

    public function test_the_link_leads_to_the_store_for_a_few_minutes(): void
    {
        $this->freezeSecond();
        $document = EventDocument::factory()->for($this->event)->create(['kind' => DocumentKind::Poster, 'original_name' => 'ä.pdf']);
        Storage::disk()->buildTemporaryUrlsUsing(fn (string $path, $until, array $options): string => 'https://store.example/'.$path.'?until='.$until->getTimestamp().'&as='.$options['ResponseContentDisposition']);

        $this->get($this->url('poster/link'))->assertRedirect("https://store.example/{$document->path}?until=".now()->addMinutes(5)->getTimestamp().'&as=inline; filename=a.pdf; filename*=utf-8\'\'%C3%A4.pdf');
    }

    public function test_without_temporary_addresses_the_link_leads_through_the_app(): void
    {
        EventDocument::factory()->for($this->event)->create(['kind' => DocumentKind::Poster]);
        config(['filesystems.disks.plain' => ['driver' => 'local', 'root' => storage_path('framework/testing/plain')]]);
        EventDocument::query()->update(['disk' => 'plain']);

        $this->get($this->url('poster/link'))->assertRedirect($this->url('poster'));
    }

    public function test_pages_show_the_poster(): void
    {
        EventDocument::factory()->for($this->event)->create(['kind' => DocumentKind::Poster]);

        $this->get('/')->assertSee($this->url('poster'), false);
        $this->get("/events/{$this->event->slug}")->assertSee($this->url('poster'), false);
    }

    private function url(string $rest = ''): string
    {
        return rtrim(url("/events/{$this->event->slug}/documents/{$rest}"), '/');
    }

    private function upload(string $kind, ?UploadedFile $file): mixed
    {
        return $this->post($this->url($kind), ['document' => $file]);
    }

    private function png(string $name = 'poster.png'): UploadedFile
    {
        return UploadedFile::fake()->createWithContent($name, (string) base64_decode(self::PNG));
    }

    private function pdf(string $name = 'plan.pdf'): UploadedFile
    {
        return UploadedFile::fake()->createWithContent($name, self::PDF);
    }

    private function failingStore(string $method, \Throwable $exception): void
    {
        Storage::set('local', Mockery::mock(Storage::disk('local'))->makePartial()->shouldReceive($method)->andThrow($exception)->getMock());
    }
}
