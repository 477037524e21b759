import { App } from "aws-cdk-lib";
import { PingStack } from "./pingStack.ts";
import { settingsOf } from "./settings.ts";

const app = new App();
const settings = settingsOf((name) => app.node.tryGetContext(name));
new PingStack(app, `Ping-${settings.stage}`.replaceAll("_", "-"), settings);
