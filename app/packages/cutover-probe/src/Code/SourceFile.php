<?php

declare(strict_types=1);

namespace CutoverProbe\Code;

use PhpToken;

/** The calls in one file of the app's own code, and what is around each of them. */
final class SourceFile
{
    private const array OPENING = ['(', '[', '{', '${', '#['];

    private const array CLOSING = [')', ']', '}'];

    /** A function that asks one of these does not do the same in production. */
    private const array ENVIRONMENT = ['isLocal', 'isProduction', 'environment', 'runningUnitTests'];

    /** @var list<PhpToken> without white space and comments */
    private readonly array $tokens;

    /** @var list<array{int, int}> first and last token of each function's body */
    private readonly array $functions;

    public function __construct(public readonly string $path, string $code)
    {
        $this->tokens = array_values(array_filter(PhpToken::tokenize($code), fn (PhpToken $token): bool => ! $token->isIgnorable()));
        $this->functions = $this->findFunctions();
    }

    /** @return list<Call> */
    public function calls(): array
    {
        $calls = [];

        foreach ($this->tokens as $index => $token) {
            if ($this->isName($token) && $this->textAt($index + 1) === '(' && ! in_array($this->textAt($index - 1), ['function', 'new'], true)) {
                $calls[] = $this->callAt($index);
            }
        }

        return $calls;
    }

    /** @return list<Call> of attributes, such as #[Queue('mails')] */
    public function attributes(): array
    {
        return array_values(array_filter($this->calls(), fn (Call $call): bool => $call->isAttribute));
    }

    /**
     * Properties with a text, or a whole number, as their default value.
     *
     * @return list<array{string, string|int, int}> name, value and line
     */
    public function properties(): array
    {
        $properties = [];

        foreach ($this->tokens as $index => $token) {
            $modified = $this->tokens[$index - 1] ?? null;
            $value = $this->tokens[$index + 2] ?? null;

            if ($token->is(T_VARIABLE) && $modified?->is([T_PUBLIC, T_PROTECTED, T_PRIVATE, T_READONLY, T_STRING, T_STATIC])
                && $this->textAt($index + 1) === '=' && $value?->is([T_CONSTANT_ENCAPSED_STRING, T_LNUMBER])) {
                $number = $value->is(T_LNUMBER) ? (int) str_replace('_', '', $value->text) : null;
                $properties[] = [substr($token->text, 1), $number ?? $this->textOf($value), $token->line];
            }
        }

        return $properties;
    }

    /** The default values of a property, as they are written. @return list<array{string, int}> code and line */
    public function defaultsOf(string $property): array
    {
        $defaults = [];

        foreach ($this->tokens as $index => $token) {
            $modified = $this->tokens[$index - 1] ?? null;

            if ($token->is(T_VARIABLE) && $token->text === '$'.$property && $this->textAt($index + 1) === '='
                && $modified?->is([T_PUBLIC, T_PROTECTED, T_PRIVATE, T_READONLY, T_STRING, T_ARRAY, T_STATIC])) {
                for ($end = $index + 2; isset($this->tokens[$end]) && $this->textAt($end) !== ';'; $end++);
                $defaults[] = [implode(' ', array_column(array_slice($this->tokens, $index + 2, $end - $index - 2), 'text')), $token->line];
            }
        }

        return $defaults;
    }

    /** Every text in the file that has no variable in it. @return list<string> */
    public function texts(): array
    {
        $found = array_filter($this->tokens, fn (PhpToken $token): bool => $token->is(T_CONSTANT_ENCAPSED_STRING));

        return array_values(array_map($this->textOf(...), $found));
    }

    /**
     * Lines that read a server variable, but for functions that have another one as well.
     *
     * @return list<int>
     */
    public function linesWithServerVariable(string $name, string $unless): array
    {
        $lines = [];

        foreach ($this->tokens as $index => $token) {
            $isRead = ($this->textAt($index - 1) === '[' && $this->textAt($index - 2) === '$_SERVER')
                || ($this->textAt($index - 1) === '(' && in_array($this->textAt($index - 2), ['server', 'getenv'], true));

            if ($token->is(T_CONSTANT_ENCAPSED_STRING) && $this->textOf($token) === $name && $isRead && ! $this->hasTextAround($index, $unless)) {
                $lines[] = $token->line;
            }
        }

        return $lines;
    }

    private function hasTextAround(int $index, string $text): bool
    {
        [$first, $last] = $this->functionAround($index);
        $tokens = array_slice($this->tokens, $first, $last - $first + 1);

        return array_filter($tokens, fn (PhpToken $token): bool => $token->is(T_CONSTANT_ENCAPSED_STRING) && $this->textOf($token) === $text) !== [];
    }

    /** Whether the class extends or implements one of these, by their short names. @param  list<string>  $names */
    public function is(array $names): bool
    {
        foreach ($this->tokens as $index => $token) {
            if (! $token->is([T_EXTENDS, T_IMPLEMENTS])) {
                continue;
            }

            for ($at = $index + 1; isset($this->tokens[$at]) && $this->tokens[$at]->text !== '{'; $at++) {
                if (in_array($this->shortName($this->tokens[$at]->text), $names, true)) {
                    return true;
                }
            }
        }

        return false;
    }

    /** The short name of the class that the file's class extends; empty if there is none. */
    public function parentClass(): string
    {
        foreach ($this->tokens as $index => $token) {
            if ($token->is(T_EXTENDS)) {
                return $this->shortName($this->textAt($index + 1));
            }
        }

        return '';
    }

    /** The line on which the file's class begins; 1 if there is none. */
    public function lineOfClass(): int
    {
        foreach ($this->tokens as $index => $token) {
            if ($token->is(T_CLASS) && $this->textAt($index - 1) !== '::') {
                return $token->line;
            }
        }

        return 1;
    }

    /** Whether the file has one of these as the name of a variable, a property, a method, a call or an attribute. @param  list<string>  $names */
    public function hasName(array $names): bool
    {
        foreach ($this->tokens as $token) {
            if ($token->is([T_STRING, T_VARIABLE]) && in_array(ltrim($token->text, '$'), $names, true)) {
                return true;
            }
        }

        return false;
    }

    /** Whether the function around a call asks in which environment it runs. */
    public function dependsOnEnvironment(Call $call): bool
    {
        return $this->functionHas($call, self::ENVIRONMENT);
    }

    /** Whether two calls are in one function, and in none within it. */
    public function shareFunction(Call $one, Call $other): bool
    {
        return $this->functionAround($one->index) === $this->functionAround($other->index);
    }

    /** Whether the function around a call has one of these calls, after it if that matters. @param  list<string>  $methods */
    public function functionHas(Call $call, array $methods, bool $after = false): bool
    {
        [$first, $last] = $this->functionAround($call->index);

        for ($at = $after ? $call->index + 1 : $first; $at <= $last; $at++) {
            if ($this->isName($this->tokens[$at]) && in_array($this->shortName($this->tokens[$at]->text), $methods, true) && $this->textAt($at + 1) === '(') {
                return true;
            }
        }

        return false;
    }

    /** The name of the function around a call; empty if there is none, or it has none. */
    public function functionName(Call $call): string
    {
        [$first] = $this->functionAround($call->index);

        for ($at = $first; $at > 0 && ! $this->tokens[$at]->is(T_FUNCTION); $at--);

        return $first > 0 && $this->tokens[$at + 1]->is(T_STRING) ? $this->textAt($at + 1) : '';
    }

    /** The code of the function around a call, without white space that matters to nobody. */
    public function functionCode(Call $call): string
    {
        [$first, $last] = $this->functionAround($call->index);

        return implode(' ', array_column(array_slice($this->tokens, $first, $last - $first + 1), 'text'));
    }

    /** Whether the class has a method of this name. */
    public function hasMethod(string $name): bool
    {
        foreach ($this->tokens as $index => $token) {
            if ($token->is(T_FUNCTION) && $this->textAt($index + 1) === $name) {
                return true;
            }
        }

        return false;
    }

    /** The first line on which an object of a class is made, by its short name; null if there is none. */
    public function lineOfNew(string $class): ?int
    {
        foreach ($this->tokens as $index => $token) {
            if ($token->is(T_NEW) && $this->shortName($this->textAt($index + 1)) === $class) {
                return $token->line;
            }
        }

        return null;
    }

    private function callAt(int $index): Call
    {
        $before = $this->textAt($index - 1);
        [$arguments, $code, $end] = $this->argumentsFrom($index + 1);
        $chained = in_array($this->textAt($end + 1), ['->', '?->'], true) && $this->textAt($end + 3) === '(';

        return new Call(
            subject: match ($before) {
                '::' => $this->shortName($this->textAt($index - 2)),
                '->', '?->' => $this->helperBefore($index - 1),
                default => '',
            },
            isMethod: in_array($before, ['->', '?->', '::'], true),
            isAttribute: $before === '#[' || ($before === ',' && $this->isInAttribute($index)),
            name: $this->shortName($this->tokens[$index]->text),
            arguments: $arguments,
            code: $code,
            next: $chained ? $this->textAt($end + 2) : '',
            index: $index,
            line: $this->tokens[$index]->line,
        );
    }

    /** The helper or container key in front of an arrow, as in cache()->store(...); empty if it is a variable or else. */
    private function helperBefore(int $arrow): string
    {
        $opening = $this->textAt($arrow - 1) === ')' && $this->textAt($arrow - 2) === '(' ? $arrow - 2 : null;

        return $opening !== null && $this->isName($this->tokens[$opening - 1]) ? $this->textAt($opening - 1) : '';
    }

    private function isInAttribute(int $index): bool
    {
        for ($at = $index; $at >= 0 && ! in_array($this->textAt($at), [';', '{', '}'], true); $at--) {
            if ($this->textAt($at) === ']') {
                return false;
            }
            if ($this->textAt($at) === '#[') {
                return true;
            }
        }

        return false;
    }

    /** @return array{array<int|string, ?string>, list<string>, int} each argument's text, null where it is none; as it is written; the last bracket */
    private function argumentsFrom(int $opening): array
    {
        [$arguments, $code, $tokens] = [[], [], []];
        $depth = 0;

        for ($at = $opening; isset($this->tokens[$at]); $at++) {
            $text = $this->tokens[$at]->text;
            $depth += in_array($text, self::OPENING, true) ? 1 : (in_array($text, self::CLOSING, true) ? -1 : 0);

            if ($depth === 0 || ($depth === 1 && $text === ',')) {
                if ($tokens !== []) {
                    $arguments = $this->withArgument($arguments, $tokens);
                    $code[] = implode(' ', array_column($tokens, 'text'));
                }
                $tokens = [];
            } elseif ($at > $opening) {
                $tokens[] = $this->tokens[$at];
            }

            if ($depth === 0) {
                break;
            }
        }

        return [$arguments, $code, $at];
    }

    /**
     * @param  array<int|string, ?string>  $arguments
     * @param  list<PhpToken>  $tokens
     * @return array<int|string, ?string>
     */
    private function withArgument(array $arguments, array $tokens): array
    {
        $named = count($tokens) > 2 && $tokens[1]->text === ':' && $tokens[0]->is(T_STRING);
        $value = $named ? array_slice($tokens, 2) : $tokens;
        $text = count($value) === 1 && $value[0]->is(T_CONSTANT_ENCAPSED_STRING) ? $this->textOf($value[0]) : null;

        return $named ? [...$arguments, $tokens[0]->text => $text] : [...$arguments, $text];
    }

    /** @return array{int, int} the innermost function's body, or the whole file */
    private function functionAround(int $index): array
    {
        $around = array_filter($this->functions, fn (array $body): bool => $body[0] <= $index && $index <= $body[1]);

        // Functions are listed by their beginning: the last one around is the innermost.
        return $around === [] ? [0, count($this->tokens) - 1] : end($around);
    }

    /** @return list<array{int, int}> */
    private function findFunctions(): array
    {
        $functions = [];

        foreach ($this->tokens as $index => $token) {
            if (! $token->is(T_FUNCTION)) {
                continue;
            }

            for ($at = $index; isset($this->tokens[$at]) && ! in_array($this->textAt($at), ['{', ';'], true); $at++);

            if ($this->textAt($at) === '{') {
                $functions[] = [$at, $this->closingOf($at)];
            }
        }

        return $functions;
    }

    private function closingOf(int $opening): int
    {
        $depth = 0;

        for ($at = $opening; isset($this->tokens[$at]); $at++) {
            $text = $this->textAt($at);
            $depth += in_array($text, ['{', '${'], true) || $this->tokens[$at]->is(T_CURLY_OPEN) ? 1 : ($text === '}' ? -1 : 0);

            if ($depth === 0) {
                break;
            }
        }

        return $at;
    }

    private function isName(PhpToken $token): bool
    {
        return $token->is([T_STRING, T_NAME_QUALIFIED, T_NAME_FULLY_QUALIFIED]);
    }

    private function textAt(int $index): string
    {
        return $this->tokens[$index]->text ?? '';
    }

    private function shortName(string $name): string
    {
        return substr($name, (int) strrpos('\\'.$name, '\\'));
    }

    private function textOf(PhpToken $token): string
    {
        return stripslashes(substr($token->text, 1, -1));
    }
}
