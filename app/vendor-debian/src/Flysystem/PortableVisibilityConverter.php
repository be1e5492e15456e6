<?php

namespace League\Flysystem\AwsS3V3;

use League\Flysystem\Visibility;

/** Public is an object that everyone may read, by its ACL. */
class PortableVisibilityConverter implements VisibilityConverter
{
    private const string EVERYONE = 'http://acs.amazonaws.com/groups/global/AllUsers';

    public function __construct(private readonly string $defaultForDirectories = Visibility::PUBLIC) {}

    public function visibilityToAcl(string $visibility): string
    {
        return $visibility === Visibility::PUBLIC ? 'public-read' : 'private';
    }

    public function aclToVisibility(array $grants): string
    {
        foreach ($grants as $grant) {
            if (($grant['Grantee']['URI'] ?? null) === self::EVERYONE && ($grant['Permission'] ?? null) === 'READ') {
                return Visibility::PUBLIC;
            }
        }

        return Visibility::PRIVATE;
    }

    public function defaultForDirectories(): string
    {
        return $this->defaultForDirectories;
    }
}
