/**
 * The engine for AWS IoT Core: its broker carries events to any number of clients, which connect with `iotLink`.
 *
 * @packageDocumentation
 */

export type { IotAuthorizerOptions } from "../adapters/iot-core/authorizer.ts";
export type { IotDataPlane, IotDataPlaneOptions } from "../adapters/iot-core/dataPlane.ts";
export type { IotDirectRules } from "../adapters/iot-core/direct/events.ts";
export type { IotDirectOptions } from "../adapters/iot-core/direct/options.ts";
export type * from "../adapters/iot-core/direct/types.ts";
export { iot } from "../adapters/iot-core/engine.ts";
export type * from "../adapters/iot-core/event.ts";
export type { IotAuthorization, IotOptions } from "../adapters/iot-core/options.ts";
export type * from "../adapters/iot-core/types.ts";
export { RuleEventError } from "../errors/iotCore.ts";
