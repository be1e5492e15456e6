<?php

namespace App\Http\Requests;

use App\Models\Event;
use Illuminate\Foundation\Http\FormRequest;
use Illuminate\Validation\Rule;
use Illuminate\Validation\Validator;

class StoreHoldRequest extends FormRequest
{
    /** @return array<string, mixed> */
    public function rules(): array
    {
        return [
            'quantity' => ['required', 'integer', Rule::numeric()->min(1)->max(config('tickets.max_per_hold'))],
        ];
    }

    /** @return array<string, string> */
    public function messages(): array
    {
        return [
            'quantity.required' => 'Choose how many tickets you want.',
            'quantity.integer' => 'The number of tickets must be a whole number.',
            'quantity.min' => 'Choose at least :min ticket.',
            'quantity.max' => 'You can hold at most :max tickets for one event.',
        ];
    }

    /** @return list<callable(Validator): void> */
    public function after(): array
    {
        return [
            function (Validator $validator): void {
                /** @var Event $event */
                $event = $this->route('event');

                if ($event->hasStarted()) {
                    $validator->errors()->add('quantity', 'Tickets for this event are no longer sold.');
                }
            },
        ];
    }
}
