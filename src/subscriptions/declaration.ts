import type { AnyFieldMarks } from "./routes.ts";

/** A filter's name; a sentence instead of one that cannot be used, for the compiler's message. */
export type Untaken<TName extends string, TTaken extends string> = string extends TName
  ? "a filter's name is a string literal"
  : TName extends TTaken
    ? "this route already has a filter with this name"
    : TName;

/** Nothing, or what no object literal fits when there is no field to name. */
export type Some<TKeys> = [TKeys] extends [never]
  ? { readonly "there is no field that a filter could name": never }
  : unknown;

/**
 * A filter as it is declared.
 *
 * @category Chain
 */
export interface FilterDeclaration<
  TInputMarks extends AnyFieldMarks = AnyFieldMarks,
  TCtxMarks extends AnyFieldMarks = AnyFieldMarks,
> {
  /** Its name in `publish`; unique on the route, part of every key, so short is cheap. */
  readonly name: string;
  /** Fields of the context, each `true` or `"optional"`. */
  readonly ctx?: Partial<TCtxMarks>;
  /** Fields of the parsed input, each `true` or `"optional"`. */
  readonly input?: Partial<TInputMarks>;
}

/** The {@link AnyFilter} that a {@link FilterDeclaration} stands for. */
export type DeclaredFilter<
  TPath extends string,
  TDeclaration,
> = TDeclaration extends FilterDeclaration
  ? {
      readonly path: TPath;
      readonly name: TDeclaration["name"];
      readonly input: DeclaredKey<TDeclaration["input"]>;
      readonly ctx: DeclaredKey<TDeclaration["ctx"]>;
    }
  : never;

/** Field names of one section of a declaration; `never` without it. */
export type DeclaredKey<TSection> = TSection extends object ? keyof TSection & string : never;

/** Declarations that are right: a known field each, and no name twice. */
export type CheckedDeclarations<
  TDeclarations extends readonly FilterDeclaration[],
  TInputMarks extends AnyFieldMarks,
  TCtxMarks extends AnyFieldMarks,
  TTaken extends string,
> = TDeclarations extends readonly [
  infer TFirst extends FilterDeclaration,
  ...infer TRest extends readonly FilterDeclaration[],
]
  ? readonly [
      CheckedDeclaration<TFirst, TInputMarks, TCtxMarks, TTaken>,
      ...CheckedDeclarations<TRest, TInputMarks, TCtxMarks, TTaken | TFirst["name"]>,
    ]
  : readonly [];

/** A declaration that is right; whatever is not becomes `never` or a sentence. */
export type CheckedDeclaration<
  TDeclaration extends FilterDeclaration,
  TInputMarks extends AnyFieldMarks,
  TCtxMarks extends AnyFieldMarks,
  TTaken extends string,
> = {
  readonly [K in keyof TDeclaration]: K extends "name"
    ? Untaken<TDeclaration["name"], TTaken>
    : K extends "input"
      ? {
          readonly [F in keyof TDeclaration[K]]: F extends keyof TInputMarks
            ? TInputMarks[F]
            : never;
        }
      : K extends "ctx"
        ? {
            readonly [F in keyof TDeclaration[K]]: F extends keyof TCtxMarks ? TCtxMarks[F] : never;
          }
        : never;
};
