#!/usr/bin/env node
import process from "node:process";
import { run } from "./run.ts";

// The SDK warns of this machine's Node; what counts is Lambda's, and the lines would hide ours.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";

process.exitCode = await run(process.argv.slice(2), process);
