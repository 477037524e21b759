/**
 * A value as DynamoDB writes it in JSON. Binary is base64, numbers are texts.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_AttributeValue.html
 */
export type StreamAttributeValue =
  | { S: string }
  | { N: string }
  | { B: string }
  | { BOOL: boolean }
  | { NULL: boolean }
  | { L: StreamAttributeValue[] }
  | { M: Record<string, StreamAttributeValue> }
  | { SS: string[] }
  | { NS: string[] }
  | { BS: string[] };

/** An item, or its key. */
export type StreamImage = Record<string, StreamAttributeValue>;

/**
 * A change in the event of a stream, as Lambda gives it to a handler.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
 */
export interface StreamRecord {
  eventID: string;
  eventName: "INSERT" | "MODIFY" | "REMOVE";
  eventVersion: string;
  eventSource: "aws:dynamodb";
  awsRegion: string;
  dynamodb: {
    /** Epoch seconds. */
    ApproximateCreationDateTime: number;
    Keys: StreamImage;
    NewImage?: StreamImage;
    OldImage?: StreamImage;
    SequenceNumber: string;
    SizeBytes: number;
    StreamViewType: "KEYS_ONLY" | "NEW_IMAGE" | "OLD_IMAGE" | "NEW_AND_OLD_IMAGES";
  };
  /** Who made the change when it was DynamoDB itself: a row whose time to live was over. */
  userIdentity?: { type: string; principalId: string };
  eventSourceARN: string;
}

/** The event of a stream; `DynamoDBStreamEvent` of `@types/aws-lambda` fits. Every invocation gets its own copy. */
export interface StreamEvent {
  Records: StreamRecord[];
}

/**
 * A change as `GetRecords` gives it.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html
 */
export interface ApiRecord extends Omit<StreamRecord, "userIdentity" | "eventSourceARN"> {
  /** `Type` and `PrincipalId`; emulators begin them with small letters too. */
  userIdentity?: Readonly<Record<string, string>>;
}

/** The event for a batch. */
export function streamEvent(records: readonly ApiRecord[], streamArn: string): StreamEvent {
  return {
    Records: records.map(({ userIdentity, ...record }) => ({
      ...record,
      ...(userIdentity && { userIdentity: identityOf(userIdentity) }),
      eventSourceARN: streamArn,
    })),
  };
}

function identityOf({
  Type = "",
  type = Type,
  PrincipalId = "",
  principalId = PrincipalId,
}: Readonly<Record<string, string>>): { type: string; principalId: string } {
  return { type, principalId };
}
