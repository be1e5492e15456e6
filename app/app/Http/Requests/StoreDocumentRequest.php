<?php

namespace App\Http\Requests;

use App\Enums\DocumentKind;
use Illuminate\Foundation\Http\FormRequest;
use Illuminate\Validation\Rules\File;

class StoreDocumentRequest extends FormRequest
{
    /** The page has one form for each kind, so each has its own errors. */
    protected function prepareForValidation(): void
    {
        $this->errorBag = $this->kind()->value;
    }

    /** @return array<string, mixed> */
    public function rules(): array
    {
        return [
            'document' => [
                'bail',
                'required',
                File::types($this->kind()->extensions())->extensions($this->kind()->extensions())->max(DocumentKind::MAX_KILOBYTES),
            ],
        ];
    }

    /** @return array<string, string> */
    public function messages(): array
    {
        $type = "The file must be {$this->kind()->typesInWords()}.";
        $tooLarge = 'The file is too large: it may have at most 20 MB.';

        return [
            'document.required' => 'Choose a file first.',
            'document.file' => 'Choose a file first.',
            'document.uploaded' => "{$tooLarge} Choose a smaller one.",
            'document.max' => "{$tooLarge} Choose a smaller one.",
            'document.mimes' => $type,
            'document.extensions' => "{$type} Its name must end accordingly.",
        ];
    }

    public function kind(): DocumentKind
    {
        return $this->route('kind');
    }
}
