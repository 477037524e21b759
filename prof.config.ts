import base from "./vitest.config.ts";
const b: any = base;
b.test.execArgv = [...b.test.execArgv, "--cpu-prof", "--cpu-prof-dir=/tmp/speed/p-chaos-chaos.test", "--cpu-prof-interval=2000"];
export default b;
