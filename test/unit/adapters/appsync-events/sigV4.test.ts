import { describe, expect, it } from "vitest";
import { amzDateOf, signedHeaders } from "../../../../src/adapters/appsync-events/sigV4.ts";

/**
 * Of AWS's own suite, `aws-sig-v4-test-suite`:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
const CREDENTIALS = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
};
const SCOPE = { region: "us-east-1", service: "service", amzDate: "20150830T123600Z" };

describe("a signature", () => {
  it.each([
    [
      "get-vanilla",
      { method: "GET", body: "", headers: {} },
      "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    ],
    [
      "post-vanilla",
      { method: "POST", body: "", headers: {} },
      "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
    ],
    [
      "post-x-www-form-urlencoded",
      {
        method: "POST",
        body: "Param1=value1",
        headers: { "content-type": "application/x-www-form-urlencoded" },
      },
      "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
    ],
  ])("is that of AWS's suite: %s", (_, request, signature) => {
    const url = new URL("https://example.amazonaws.com/");
    const { authorization } = signedHeaders({ ...request, url }, CREDENTIALS, SCOPE);
    expect(authorization).toContain(
      "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, ",
    );
    expect(authorization).toMatch(new RegExp(`, Signature=${signature}$`));
  });

  it("covers the token of temporary credentials", () => {
    const request = { method: "POST", url: new URL("https://a.b/event"), body: "", headers: {} };
    const temporary = { ...CREDENTIALS, sessionToken: "session" };
    const headers = signedHeaders(request, temporary, SCOPE);
    expect(headers["x-amz-security-token"]).toBe("session");
    expect(headers["authorization"]).toContain(
      "SignedHeaders=host;x-amz-date;x-amz-security-token",
    );
  });

  it("has the time as AWS writes it", () => {
    expect(amzDateOf(new Date(Date.UTC(2015, 7, 30, 12, 36, 0, 123)))).toBe("20150830T123600Z");
  });
});
