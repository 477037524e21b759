/** Now in milliseconds on the system's monotonic clock, which is the same one in every process of the machine. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
