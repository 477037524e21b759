import { describe, expect, it } from "vitest";
import { secretKeys } from "../../../src/broadcast/secret.ts";
import { grantVerifier, signGrant } from "../../../src/broadcast/token.ts";
import { GrantTokenError } from "../../../src/errors/broadcast.ts";

const SECRET = "a secret of thirty-two bytes or more";
const NOW = 1_700_000_000_000;
const [keys] = secretKeys(SECRET, "test/app/dev");
const verify = grantVerifier([keys], () => NOW);
const claims = { clientId: "ann", topics: ["app/dev/news/all/abc"], expiresAtMs: NOW + 1_000 };
const token = signGrant(keys, claims);
const [version = "", payload = "", mac = ""] = token.split(".");

/** Claims as they stand in a token. */
const encoded = (wire: object): string => Buffer.from(JSON.stringify(wire)).toString("base64url");

/** Why a token is refused. */
function problemOf(text: unknown, check = verify): string | undefined {
  try {
    check(text as string);
    return undefined;
  } catch (error) {
    if (!(error instanceof GrantTokenError)) throw error;
    // A log of refusals must not hold what would be let in elsewhere.
    if (typeof text === "string" && text.length > 20) expect(error.message).not.toContain(text);
    return error.problem;
  }
}

const other = signGrant(keys, { ...claims, clientId: "eve", topics: ["app/dev/news/all/xyz"] });
const forged = encoded({ c: "ann", e: NOW + 1e9, t: ["app/dev/secret/all/abc"] });

describe("a token", () => {
  it("says what was granted", () => {
    expect(verify(token)).toEqual(claims);
  });

  it("may travel in a header, a password and a URL", () => {
    expect(token).toMatch(/^[\w.-]+$/);
  });

  it("is over to the millisecond", () => {
    const at = (ms: number) =>
      problemOf(
        token,
        grantVerifier([keys], () => NOW + ms),
      );
    expect([at(999), at(1_000), at(1_001)]).toEqual([undefined, "expired", "expired"]);
  });
});

describe("a token that is not ours", () => {
  it.each([
    ["claims of one's own under a signature of ours", `${version}.${forged}.${mac}`, "signature"],
    [
      "one's own claims under another one's signature",
      `${version}.${other.split(".")[1]}.${mac}`,
      "signature",
    ],
    ["another one's signature", `${version}.${payload}.${other.split(".")[2]}`, "signature"],
    ["no signature", `${version}.${payload}.`, "malformed"],
    ["a signature that is cut", token.slice(0, -1), "malformed"],
    ["claims that are cut", `${version}.${payload.slice(0, -1)}.${mac}`, "signature"],
    ["a signature that is longer", `${token}A`, "malformed"],
    ["a signature of zeros", `${version}.${payload}.${"A".repeat(43)}`, "signature"],
    ["another version", `v2.${payload}.${mac}`, "malformed"],
    ["a line break at its end", `${token}\n`, "malformed"],
    ["one more part", `${token}.${mac}`, "malformed"],
    ["two of them", `${token},${other}`, "malformed"],
    ["nothing", "", "malformed"],
    ["text of somebody else", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4ifQ.", "malformed"],
    ["what is no text", undefined, "malformed"],
    ["an object", { toString: () => token }, "malformed"],
    ["more than any token has", `v1.${"A".repeat(40_000)}.${mac}`, "tooLarge"],
  ])("is refused with %s", (_, text, problem) => {
    expect(problemOf(text)).toBe(problem);
  });

  it("is refused with any one character changed", () => {
    const problems = Array.from(token, (character, index) => {
      const changed = character === "A" ? "B" : "A";
      return problemOf(token.slice(0, index) + changed + token.slice(index + 1));
    });
    // The last character of 32 bytes in base64url has two bits that say nothing.
    expect(problems.slice(0, -1).every((problem) => problem !== undefined)).toBe(true);
  });

  it.each([
    ["another secret", secretKeys("another secret of thirty-two bytes", "test/app/dev")[0]],
    ["another stage with the same secret", secretKeys(SECRET, "test/app/prod")[0]],
    ["another engine with the same secret", secretKeys(SECRET, "other/app/dev")[0]],
    ["the key of topics", { ...keys, grants: keys.topics }],
  ])("is refused when it is signed with %s", (_, foreign) => {
    expect(problemOf(signGrant(foreign, claims))).toBe("signature");
  });
});

describe("several secrets", () => {
  it("accept a token of each, be it first or not", () => {
    const both = secretKeys(["a new secret of thirty-two bytes or more", SECRET], "test/app/dev");
    const check = grantVerifier(both, () => NOW);
    expect(check(token)).toEqual(claims);
    expect(check(signGrant(both[0], claims))).toEqual(claims);
  });
});
