/** What differs between two deployments of the stack. */
export interface Settings {
  /** Stage of the API, and part of the stack's name: letters, digits, `-` and `_`, at most 64. */
  readonly stage: string;
  /** Whether the three routes share one function. */
  readonly functions: "one" | "three";
  /** Needs the role of API Gateway's account settings in this region; see README.md. */
  readonly accessLogs: boolean;
  /** The clients' host name, with a certificate of the same region. */
  readonly domain?: { readonly name: string; readonly certificateArn: string };
}

/**
 * Reads the settings from the context of the CDK app: `-c name=value` on the command line, or `cdk.json`.
 *
 * @throws Error with the option to give, when one is missing or is none of its values
 */
export function settingsOf(context: (name: string) => unknown): Settings {
  const stage = context("stage");
  if (typeof stage !== "string" || !/^[\w-]{1,64}$/.test(stage)) {
    throw new Error(
      `${stage === undefined ? "no stage was given" : `"${stage}" is no stage`}. Give one of letters, digits, "-" and "_": cdk deploy -c stage=live`,
    );
  }
  const functions = context("functions") ?? "three";
  if (functions !== "one" && functions !== "three") {
    throw new Error(`functions is "${functions}". Give -c functions=one or -c functions=three`);
  }
  const domain = domainOf(context("domainName"), context("certificateArn"));
  const accessLogs = String(context("accessLogs") ?? false);
  if (accessLogs !== "true" && accessLogs !== "false") {
    throw new Error(`accessLogs is "${accessLogs}". Give -c accessLogs=true or leave it out`);
  }
  return {
    stage,
    functions,
    accessLogs: accessLogs === "true",
    ...(domain !== undefined && { domain }),
  };
}

function domainOf(name: unknown, certificateArn: unknown): Settings["domain"] {
  if (name === undefined && certificateArn === undefined) return undefined;
  if (typeof name === "string" && typeof certificateArn === "string") {
    return { name, certificateArn };
  }
  const missing = typeof name === "string" ? "certificateArn" : "domainName";
  throw new Error(
    `a custom domain takes -c domainName=… and -c certificateArn=…; ${missing} is missing`,
  );
}
