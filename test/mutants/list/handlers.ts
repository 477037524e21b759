import type { Mutant } from "../mutant.ts";

/** What the handlers let in, keep and give away. */
export const handlerMutants: readonly Mutant[] = [
  {
    name: "object-assign-merge",
    breaks: "A __proto__ in the client's JSON becomes the prototype of the procedure's input.",
    edits: [
      {
        file: "src/adapters/api-gateway/call.ts",
        find: "return { ...input, lastEventId };",
        replace: "return Object.assign({}, input, { lastEventId });",
      },
    ],
    tests: ["test/e2e/wire/values.test.ts"],
  },
  {
    name: "session-expiry-ignored",
    breaks: "A subscriber whose session has ended gets messages until the socket closes.",
    edits: [
      {
        file: "src/adapters/api-gateway/connect.ts",
        find: "expireAt: Math.min(longest, sessionExpiry(authorized) ?? longest),",
        replace: "expireAt: Math.max(longest, sessionExpiry(authorized) ?? longest),",
      },
    ],
    tests: ["test/unit/adapters/api-gateway/connect.test.ts"],
  },
  {
    name: "origin-suffix-match",
    breaks: "A page of evil-example.com may open sockets with the cookies of example.com.",
    edits: [
      {
        file: "src/adapters/api-gateway/origins.ts",
        find: "allowedOrigins.includes(origin)",
        replace:
          'allowedOrigins.some((allowed) => origin.endsWith(allowed.replace("https://", "")))',
      },
    ],
    tests: ["test/unit/adapters/api-gateway/handshake.test.ts"],
  },
  {
    name: "misspelt-authorize-ignored",
    breaks: "connect({ authorise }) lets everybody in, and nobody is told.",
    edits: [
      {
        file: "src/subscriptions/builder.ts",
        find: "if (known !== undefined) checkOptions(",
        replace: "if (known === null) checkOptions(",
      },
    ],
    tests: ["test/unit/adapters/api-gateway/optionsWithoutTypes.test.ts"],
  },
  {
    name: "authorize-imported-as-undefined",
    breaks: "connect({ authorize }) whose import has another name lets everybody in.",
    edits: [
      {
        file: "src/errors/checkOptions.ts",
        find: "isGiven && value === undefined\n      ?",
        replace: "isGiven && !isGiven\n      ?",
      },
    ],
    tests: ["test/unit/adapters/api-gateway/optionsWithoutTypes.test.ts"],
  },
  {
    name: "on-data-imported-as-undefined",
    breaks:
      "resolver({ onData }) whose import has another name sends everybody what it would have dropped.",
    edits: [
      {
        file: "src/subscriptions/hooks.ts",
        find: 'onData: guard(callback, "everybody is sent every event as it is"),',
        replace: "onData: guard === undefined ? anything : callback,",
      },
    ],
    tests: ["test/unit/subscriptions/resolver.test.ts"],
  },
  {
    name: "allowed-origins-as-text",
    breaks: 'allowedOrigins: "https://example.com" lets in whatever origin is a part of it.',
    edits: [
      {
        file: "src/adapters/api-gateway/origins.ts",
        find: "if (!Array.isArray(origins)) {",
        replace:
          'if (typeof origins === "string") return undefined;\n  if (!Array.isArray(origins)) {',
      },
    ],
    tests: ["test/unit/adapters/api-gateway/optionsWithoutTypes.test.ts"],
  },
  {
    name: "error-masking-off",
    breaks: "Clients are told names of tables and accounts when the table fails.",
    edits: [
      {
        file: "src/adapters/api-gateway/reportError.ts",
        find: "return isInternalFault(error) ?",
        replace: "return isInternalFault(error) && INTERNAL.code === undefined ?",
      },
    ],
    tests: ["test/unit/adapters/api-gateway/errorMasking.test.ts"],
  },
  {
    name: "stack-traces-to-clients",
    breaks: "Clients get stack traces wherever NODE_ENV is not set, as in Lambda.",
    edits: [
      {
        file: "src/adapters/api-gateway/errorText.ts",
        find: "const isDev = options.exposeStackTraces === true;",
        replace: "const isDev = options.exposeStackTraces !== false;",
      },
    ],
    tests: ["test/e2e/wire/errors.test.ts"],
  },
  {
    name: "connection-params-not-awaited",
    breaks: "A procedure runs without the connectionParams that its client announced.",
    edits: [
      {
        file: "src/adapters/api-gateway/requestContext.ts",
        find: "if (!connection.paramsExpected || connection.connectionParams !== undefined) return",
        replace: "if (!connection.paramsExpected || connection.connectionId !== undefined) return",
      },
    ],
    tests: ["test/unit/adapters/api-gateway/deadline.test.ts"],
  },
  {
    name: "unnamed-context-stored",
    breaks: "A context field that nobody named, the token, stands in the table.",
    edits: [
      {
        file: "src/adapters/api-gateway/storeSubscription.ts",
        find: "{ input, ctx: namedFields(hooks.ctx, ctx) }",
        replace:
          '{ input, ctx: { ...namedFields(hooks.ctx, ctx), token: Reflect.get(Object(ctx), "token") } }',
      },
    ],
    tests: ["test/e2e/wire/values.test.ts"],
  },
  {
    name: "closed-connection-keeps-its-session",
    breaks: "A closed connection's session and connectionParams stay in the table.",
    edits: [
      {
        file: "src/store/dynamodb/closed.ts",
        find: "if_not_exists(expireAt, :end) REMOVE #session, connectionParams",
        replace: "if_not_exists(expireAt, :end) REMOVE nothing",
      },
      {
        file: "src/store/dynamodb/closed.ts",
        find: ', "#session": "session" }',
        replace: " }",
      },
    ],
    tests: ["test/contract/dynamodbGone.test.ts"],
  },
  {
    name: "endpoint-from-any-api-id",
    breaks: "A forged event makes a handler sign a request for a foreign host.",
    edits: [
      {
        file: "src/adapters/api-gateway/endpoint.ts",
        find: "if (!isText(api.apiId, API_ID) ||",
        replace: "if (!isText(api.apiId, /./) || API_ID === undefined ||",
      },
    ],
    tests: ["test/unit/adapters/api-gateway/endpoint.test.ts"],
  },
];
