<?php

namespace Tests\Feature;

use App\Models\Event;
use App\Models\User;
use Illuminate\Foundation\Testing\RefreshDatabase;
use Illuminate\Support\Facades\Artisan;
use Illuminate\Support\Facades\Hash;
use Tests\TestCase;

class SeedersTest extends TestCase
{
    use RefreshDatabase;

    public function test_seeding_twice_is_seeding_once(): void
    {
        $this->seed();
        $events = Event::query()->pluck('updated_at', 'slug');
        $organiser = User::query()->sole();

        $this->seed();

        $this->assertEquals($events, Event::query()->pluck('updated_at', 'slug'));
        $this->assertSame($organiser->password, User::query()->sole()->password);
        $this->assertTrue($organiser->is_organiser);
        $this->get('/')->assertOk()->assertSee('Harbour Lights');
    }

    public function test_events_that_are_there_are_left_alone(): void
    {
        Event::factory()->create();

        $this->seed();

        $this->assertDatabaseCount('events', 1);
    }

    public function test_the_organiser_has_the_configured_password_or_a_random_one(): void
    {
        config(['tickets.organiser' => ['email' => 'boss@876events.example', 'password' => 'from the configuration']]);

        $this->seed();

        $this->assertTrue(Hash::check('from the configuration', User::query()->where('email', 'boss@876events.example')->sole()->password));
    }

    public function test_the_command_gives_an_organiser_a_new_password(): void
    {
        $user = User::factory()->create(['email' => 'boss@876events.example']);

        $this->assertSame(0, Artisan::call('tickets:organiser', ['email' => 'Boss@876events.example']));

        $password = trim(Artisan::output());
        $this->assertSame(24, strlen($password));
        $this->assertTrue(Hash::check($password, $user->refresh()->password));
        $this->assertTrue($user->is_organiser);
    }

    public function test_the_sessions_migration_is_found_by_the_framework(): void
    {
        $this->artisan('session:table')->expectsOutputToContain('Migration already exists');
    }
}
