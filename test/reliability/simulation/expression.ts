/** Attributes of an item, or the values of an expression. */
export type Attributes = Readonly<Record<string, unknown>>;

/** What an expression's placeholders stand for. */
export interface Placeholders {
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>> | undefined;
  readonly ExpressionAttributeValues?: Attributes | undefined;
}

interface Scope extends Placeholders {
  readonly item: Attributes | undefined;
}

type Test = (scope: Scope) => boolean;
type Operand = (scope: Scope) => unknown;
type Change = (scope: Scope, item: Record<string, unknown>) => void;

const tests = new Map<string, Test>();
const changes = new Map<string, readonly Change[]>();

/** Tells whether a condition, key condition or filter expression holds; `undefined` always does. */
export function holds(
  expression: string | undefined,
  item: Attributes | undefined,
  placeholders: Placeholders,
): boolean {
  if (expression === undefined) return true;
  const test = cached(tests, expression, (text) => {
    const tokens = new Tokens(text);
    const all = disjunction(tokens);
    tokens.end();
    return all;
  });
  return test({ ...placeholders, item });
}

/** The item after an update expression. */
export function updated(
  expression: string,
  item: Attributes,
  placeholders: Placeholders,
): Attributes {
  const steps = cached(changes, expression, (text) => clauses(new Tokens(text)));
  const next = { ...item };
  // Every operand sees the item as it was before.
  for (const step of steps) step({ ...placeholders, item }, next);
  return next;
}

function cached<T>(cache: Map<string, T>, text: string, parse: (text: string) => T): T {
  const known = cache.get(text);
  if (known !== undefined) return known;
  const parsed = parse(text);
  cache.set(text, parsed);
  return parsed;
}

/** The part of DynamoDB's expression language that the store uses; anything else is an error. */
class Tokens {
  readonly #tokens: readonly string[];
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = text.match(/[#:]?\w+|<=|>=|<>|[=<>(),]/g) ?? [];
  }

  take(): string {
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw new Error(`unexpected end of "${this.#text}"`);
    return token;
  }

  /** Takes the token if it is the next one. */
  has(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false;
    this.#at++;
    return true;
  }

  expect(token: string): void {
    if (!this.has(token)) throw new Error(`no ${token} at ${this.#at} of "${this.#text}"`);
  }

  get isOver(): boolean {
    return this.#at >= this.#tokens.length;
  }

  end(): void {
    if (!this.isOver) throw new Error(`"${this.#text}" goes on after token ${this.#at}`);
  }
}

function disjunction(tokens: Tokens): Test {
  const parts = [conjunction(tokens)];
  while (tokens.has("OR")) parts.push(conjunction(tokens));
  return (scope) => parts.some((part) => part(scope));
}

function conjunction(tokens: Tokens): Test {
  const parts = [condition(tokens)];
  while (tokens.has("AND")) parts.push(condition(tokens));
  return (scope) => parts.every((part) => part(scope));
}

function condition(tokens: Tokens): Test {
  if (tokens.has("(")) {
    const inner = disjunction(tokens);
    tokens.expect(")");
    return inner;
  }
  const first = tokens.take();
  if (tokens.has("(")) return functionCall(first, tokens);
  const left = operandOf(first);
  const compare = comparison(tokens.take());
  const right = operandOf(tokens.take());
  return (scope) => compare(left(scope), right(scope));
}

function functionCall(name: string, tokens: Tokens): Test {
  const path = operandOf(tokens.take());
  if (name === "begins_with") {
    tokens.expect(",");
    const prefix = operandOf(tokens.take());
    tokens.expect(")");
    return (scope) => String(path(scope)).startsWith(String(prefix(scope)));
  }
  tokens.expect(")");
  if (name === "attribute_exists") return (scope) => path(scope) !== undefined;
  if (name === "attribute_not_exists") return (scope) => path(scope) === undefined;
  throw new Error(`the simulated table knows no function ${name}`);
}

function comparison(operator: string): (left: unknown, right: unknown) => boolean {
  switch (operator) {
    case "=":
      return (left, right) => left !== undefined && left === right;
    case "<=":
      return (left, right) => numbers(left, right, (a, b) => a <= b);
    case ">":
      return (left, right) => numbers(left, right, (a, b) => a > b);
    default:
      throw new Error(`the simulated table knows no operator ${operator}`);
  }
}

/** A comparison with what is not there, or of another type, does not hold. */
function numbers(left: unknown, right: unknown, holds: (a: number, b: number) => boolean): boolean {
  return typeof left === "number" && typeof right === "number" && holds(left, right);
}

function operandOf(token: string): Operand {
  if (token.startsWith(":")) {
    return ({ ExpressionAttributeValues: values }) => given(values?.[token], token);
  }
  if (token.startsWith("#")) {
    return ({ item, ExpressionAttributeNames: names }) => item?.[given(names?.[token], token)];
  }
  return ({ item }) => item?.[token];
}

function given<T>(value: T | undefined, token: string): T {
  if (value === undefined) throw new Error(`nothing stands for ${token}`);
  return value;
}

function clauses(tokens: Tokens): readonly Change[] {
  const all: Change[] = [];
  while (!tokens.isOver) {
    const keyword = tokens.take();
    do all.push(changeOf(keyword, tokens));
    while (tokens.has(","));
  }
  return all;
}

function changeOf(keyword: string, tokens: Tokens): Change {
  const target = tokens.take();
  const name = ({ ExpressionAttributeNames: names }: Scope): string =>
    target.startsWith("#") ? given(names?.[target], target) : target;
  switch (keyword) {
    case "SET": {
      tokens.expect("=");
      const value = assigned(tokens);
      return (scope, item) => {
        item[name(scope)] = value(scope);
      };
    }
    case "ADD": {
      const more = operandOf(tokens.take());
      return (scope, item) => {
        item[name(scope)] = Number(item[name(scope)] ?? 0) + Number(more(scope));
      };
    }
    case "REMOVE":
      return (scope, item) => {
        delete item[name(scope)];
      };
    default:
      throw new Error(`the simulated table knows no ${keyword}`);
  }
}

function assigned(tokens: Tokens): Operand {
  const first = tokens.take();
  if (first !== "if_not_exists") return operandOf(first);
  tokens.expect("(");
  const path = operandOf(tokens.take());
  tokens.expect(",");
  const otherwise = operandOf(tokens.take());
  tokens.expect(")");
  return (scope) => path(scope) ?? otherwise(scope);
}
