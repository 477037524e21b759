import {
  anything,
  callback,
  type OptionChecks,
  type StepOptions,
} from "../../errors/checkOptions.ts";
import type { IotAuthorizerOptions } from "./authorizer.ts";
import type { IotDataPlaneOptions } from "./dataPlane.ts";
import type { IotDirectOptions } from "./direct/options.ts";
import type { IotOptions } from "./options.ts";
import type { IotPublisherOptions } from "./types.ts";

/** Options of `iot()`. */
export const IOT_OPTIONS: OptionChecks<IotOptions> = {
  prefix: anything,
  secret: anything,
  authorization: anything,
  grantTtlMs: anything,
  url: anything,
  authorizer: anything,
  store: anything,
  delivery: anything,
};

/** Options of `iot()` with direct delivery. */
export const IOT_DIRECT_OPTIONS: OptionChecks<IotDirectOptions> = {
  prefix: anything,
  delivery: anything,
  store: anything,
  connectionTtlMs: anything,
};

export const DATA_PLANE_OPTIONS: OptionChecks<IotDataPlaneOptions> = {
  client: anything,
  endpoint: anything,
};

/** Options of the steps of the engine that publishes to topics. */
export const IOT_STEP_OPTIONS: StepOptions = {
  authorizer: { onRefused: callback } satisfies OptionChecks<IotAuthorizerOptions>,
  publisher: {
    ...DATA_PLANE_OPTIONS,
    qos: anything,
    deadlineMs: anything,
    onError: callback,
  } satisfies OptionChecks<IotPublisherOptions>,
};
