import { testPage } from "../pages.js";

testPage("consistent-locking");
testPage("no-io-under-lock");
testPage("no-lock-reentry");
testPage("require-lock-release", { isFixTested: true });
testPage("require-map-policy");
