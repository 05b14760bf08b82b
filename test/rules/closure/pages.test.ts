import { testPage } from "../pages.js";

testPage("no-loop-variable-capture", { isFixTested: true });
testPage("no-orphaned-callback", { isFixTested: true });
