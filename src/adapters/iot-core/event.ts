/**
 * What AWS IoT Core calls a custom authorizer with. Only what is read is required.
 *
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/custom-auth-lambda.html
 */
export interface IotAuthorizerEvent {
  readonly protocolData: {
    readonly mqtt?: {
      /** What the client wrote, with the parameters that may follow a `?` in it. */
      readonly username?: string;
      /** In base64, whatever the client wrote. */
      readonly password?: string;
      /** Absent when the client sent none. */
      readonly clientId?: string;
    };
    readonly http?: {
      readonly headers?: Readonly<Record<string, string>>;
      /** With the `?`. */
      readonly queryString?: string;
    };
    readonly tls?: { readonly serverName?: string };
  };
  /** For example `["tls", "http", "mqtt"]`. */
  readonly protocols?: readonly string[];
  readonly signatureVerified?: boolean;
  readonly token?: string;
  readonly connectionMetadata?: { readonly id: string };
}

/** The part of Lambda's context that is read; the `Context` of `@types/aws-lambda` fits. */
export interface IotAuthorizerContext {
  /**
   * For example `arn:aws:lambda:eu-central-1:123456789012:function:authorizer`: names the account and the region whose
   * resources a policy may name.
   */
  readonly invokedFunctionArn: string;
  readonly awsRequestId?: string;
  /** Milliseconds until Lambda ends the invocation. */
  getRemainingTimeInMillis?(): number;
}

/** One statement of an IoT policy. In it `*` is any text, `?` any character; `+` and `#` are themselves. */
export interface IotPolicyStatement {
  readonly Effect: "Allow" | "Deny";
  readonly Action: string | string[];
  readonly Resource: string | string[];
}

/** An IoT policy; 2,048 characters at most, without its white space. */
export interface IotPolicyDocument {
  readonly Version: "2012-10-17";
  readonly Statement: IotPolicyStatement[];
}

/**
 * What a custom authorizer answers.
 *
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/custom-auth-lambda.html
 */
export interface IotAuthorizerResult {
  /** `false` refuses the client, whatever the rest says. */
  readonly isAuthenticated: boolean;
  /** 1 to 128 of `A-Z a-z 0-9`. */
  readonly principalId: string;
  /** When the connection ends, 300 to 86,400. */
  readonly disconnectAfterInSeconds: number;
  /** When the authorizer is asked again, 300 to 86,400. */
  readonly refreshAfterInSeconds: number;
  /** 10 at most. */
  readonly policyDocuments: IotPolicyDocument[];
}

/** A Lambda handler that decides who may connect, and to what they may subscribe. */
export type IotAuthorizer = (
  event: IotAuthorizerEvent,
  context: IotAuthorizerContext,
) => Promise<IotAuthorizerResult>;
