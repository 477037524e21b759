/**
 * A validator as zod, valibot, arktype and others provide it. Only the part that is used, so that no package is needed.
 *
 * @see https://standardschema.dev/schema
 */
export interface StandardSchemaV1<TInput = unknown, TOutput = TInput> {
  /** What the specification adds to a validator. */
  readonly "~standard": StandardSchemaProps<TInput, TOutput>;
}

/** The members below `~standard`. */
export interface StandardSchemaProps<TInput, TOutput> {
  readonly version: 1;
  /** Name of the library, for example `zod`. */
  readonly vendor: string;
  /** Never throws for a value that is not valid: that is a result with `issues`. */
  readonly validate: (
    value: unknown,
  ) => StandardSchemaResult<TOutput> | Promise<StandardSchemaResult<TOutput>>;
  /** Absent at run time. */
  readonly types?: { readonly input: TInput; readonly output: TOutput } | undefined;
}

/** A parsed value, or why there is none. */
export type StandardSchemaResult<TOutput> =
  | { readonly value: TOutput; readonly issues?: undefined }
  | { readonly issues: readonly StandardSchemaIssue[] };

/** One reason why a value is not valid. */
export interface StandardSchemaIssue {
  readonly message: string;
  /** From the outermost property to the one in question. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What a schema accepts. */
export type SchemaInput<TSchema extends StandardSchemaV1> = NonNullable<
  TSchema["~standard"]["types"]
>["input"];

/** What a schema makes of it. */
export type SchemaOutput<TSchema extends StandardSchemaV1> = NonNullable<
  TSchema["~standard"]["types"]
>["output"];
