/** An error of the SQS API. */
export class QueueApiError extends Error {
  override readonly name = "QueueApiError";
  readonly statusCode: number;
  /** Name of the error's shape. */
  readonly shape: string;
  /** Code of the query protocol that came before the JSON one; SDKs still read it. */
  readonly code: string;

  constructor(
    shape: string,
    message: string,
    {
      statusCode = 400,
      code = shape,
    }: { readonly statusCode?: number; readonly code?: string } = {},
  ) {
    super(message);
    this.shape = shape;
    this.statusCode = statusCode;
    this.code = code;
  }
}

/** An error whose query code has the prefix of most. */
export function queueApiError(shape: string, message: string, code: string = shape): QueueApiError {
  return new QueueApiError(shape, message, { code: `AWS.SimpleQueueService.${code}` });
}

/** A parameter that SQS does not take. */
export function invalidParameter(message: string): QueueApiError {
  return new QueueApiError("InvalidParameterValue", message);
}
