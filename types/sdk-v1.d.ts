// The v1 SDK's declarations name a DOM type that Node's own do not have globally.
type HeadersInit = NonNullable<RequestInit['headers']>;
