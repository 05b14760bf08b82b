import { testPage } from "../pages.js";

testPage("no-map-parameter-reassign");
testPage("no-unbounded-map");
testPage("no-uninitialized-map");
testPage("prefer-safe-map", { isFixTested: true });
