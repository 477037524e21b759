/**
 * Calls a user's error handler, if there is one. What it throws is dropped, and so is what its promise rejects with: a
 * broken error handler must cost neither a client its answer nor the process its life.
 */
export function callErrorHandler<TFailure>(
  onError: ((failure: TFailure) => unknown) | undefined,
  failure: TFailure,
): void {
  try {
    const returned = onError?.(failure);
    if (returned instanceof Promise) returned.catch(() => undefined);
  } catch {
    // Dropped, see above.
  }
}
