<?php

use App\Http\Controllers\Auth\LoginController;
use App\Http\Controllers\Auth\RegistrationController;
use App\Http\Controllers\CheckoutController;
use App\Http\Controllers\EventController;
use App\Http\Controllers\EventDocumentController;
use App\Http\Controllers\HoldController;
use App\Http\Controllers\OrderController;
use Illuminate\Support\Facades\Route;

Route::get('/', [EventController::class, 'index'])->name('events.index');
Route::get('/events/{event}', [EventController::class, 'show'])->name('events.show');

Route::get('/events/{event}/documents/{kind}', [EventDocumentController::class, 'show'])->name('documents.show');
Route::get('/events/{event}/documents/{kind}/link', [EventDocumentController::class, 'link'])->name('documents.link');

Route::post('/events/{event}/holds', [HoldController::class, 'store'])->name('holds.store');
Route::delete('/holds/{hold}', [HoldController::class, 'destroy'])->whereNumber('hold')->name('holds.destroy');
Route::get('/checkout', [CheckoutController::class, 'show'])->name('checkout.show');

Route::middleware('guest')->group(function (): void {
    Route::get('/register', [RegistrationController::class, 'create'])->name('register');
    Route::post('/register', [RegistrationController::class, 'store'])->middleware('throttle:registration');
    Route::get('/login', [LoginController::class, 'create'])->name('login');
    Route::post('/login', [LoginController::class, 'store']);
});

Route::middleware('auth')->group(function (): void {
    Route::post('/logout', [LoginController::class, 'destroy'])->name('logout');
    Route::get('/orders', [OrderController::class, 'index'])->name('orders.index');
    Route::post('/orders', [OrderController::class, 'store'])->name('orders.store');
    Route::get('/orders/{order}', [OrderController::class, 'show'])->name('orders.show');
});

Route::middleware(['auth', 'can:update,event'])->group(function (): void {
    Route::get('/events/{event}/documents', [EventDocumentController::class, 'index'])->name('documents.index');
    Route::post('/events/{event}/documents/{kind}', [EventDocumentController::class, 'store'])->name('documents.store');
    Route::delete('/events/{event}/documents/{kind}', [EventDocumentController::class, 'destroy'])->name('documents.destroy');
});
